"""What a fresh application holds: two accounts and, in MITx Online, the row that its migrations make."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from oauth2_provider.models import get_application_model


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
    """Make the accounts and what the real migrations make."""
    for account in ACCOUNTS:
        get_user_model().objects.create_user(
            account.username,
            account.email,
            account.username,
            is_staff=account.is_staff,
            is_superuser=account.is_superuser,
        )
    if settings.FLAVOUR == "mitxonline":
        # The real row as well has a redirect URI that does not fit, and a secret that is known to nobody.
        get_application_model().objects.create(
            name="edx-oauth-app",
            redirect_uris="http://edx.odl.local:18000/auth/complete/mitxpro-oauth2/",
            client_type="confidential",
            authorization_grant_type="authorization-code",
            client_secret=secrets.token_urlsafe(64),
            skip_authorization=True,
        )
