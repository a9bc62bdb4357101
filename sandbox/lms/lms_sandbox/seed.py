"""The content of a new LMS: three accounts, and the site `example.com`, which Django itself creates."""

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
        """The address to sign in with."""
        return f"{self.username}@example.org"


ACCOUNTS = (
    Account("edx", "superuser, can do everything", is_staff=True, is_superuser=True),
    Account("staff", "staff without permissions: /admin/ is 200, the models are 403", is_staff=True),
    Account("learner", "learner"),
)


@transaction.atomic
def seed():
    """Create the accounts, each with the profile that a sign-in to Open edX needs."""
    for account in ACCOUNTS:
        user = get_user_model().objects.create_user(
            account.username,
            account.email,
            account.username,
            is_staff=account.is_staff,
            is_superuser=account.is_superuser,
        )
        UserProfile.objects.create(user=user, name=account.username)
