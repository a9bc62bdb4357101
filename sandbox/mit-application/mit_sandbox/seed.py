"""The accounts of a new application."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from mit_sandbox.models import OpenEdxUser


@dataclass(frozen=True)
class Account:
    """One of the sandbox's public accounts; its password is its username."""

    username: str
    role: str
    is_staff: bool = False
    is_superuser: bool = False

    @property
    def email(self):
        """The account's address."""
        return f"{self.username}@odl.local"


ACCOUNTS = (
    Account("admin", "superuser, can do everything", is_staff=True, is_superuser=True),
    Account("staff", "staff without permissions: /admin/ is 200, the models are 403", is_staff=True),
)


@transaction.atomic
def seed():
    """Create the accounts; in MITx Online, only the superuser has a username for Open edX."""
    for account in ACCOUNTS:
        user = get_user_model().objects.create_user(
            account.username,
            account.email,
            account.username,
            first_name=account.username.capitalize(),
            is_staff=account.is_staff,
            is_superuser=account.is_superuser,
        )
        if account.is_superuser and settings.FLAVOR == "mitxonline":
            OpenEdxUser.prepare(user, account.username)
