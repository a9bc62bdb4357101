"""What a fresh LMS holds: three accounts, and the site `example.com` that Django itself makes."""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import transaction

from student.models import UserProfile


@dataclass(frozen=True)
class Account:
    """One of the sandbox's public accounts; its password is its username."""

    username: str
    role: str
    is_staff: bool = False
    is_superuser: bool = False

    @property
    def email(self):
        """Address to sign in with."""
        return f"{self.username}@example.org"


ACCOUNTS = (
    Account("edx", "superuser, can do everything", is_staff=True, is_superuser=True),
    Account("staff", "staff without permissions: /admin/ is 200, the models are 403", is_staff=True),
    Account("learner", "learner"),
)


@transaction.atomic
def seed():
    """Make the accounts, each with the profile that an Open edX sign-in needs."""
    for account in ACCOUNTS:
        user = get_user_model().objects.create_user(
            account.username,
            account.email,
            account.username,
            is_staff=account.is_staff,
            is_superuser=account.is_superuser,
        )
        UserProfile.objects.create(user=user, name=account.username)
