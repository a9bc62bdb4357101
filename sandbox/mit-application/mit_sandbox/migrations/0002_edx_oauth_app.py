"""The OAuth application that MITx Online's migrations create."""

import secrets

from django.conf import settings
from django.db import migrations


def make(apps, _schema_editor):
    """Like the real row, it has a wrong redirect URI and an unknown secret."""
    if settings.FLAVOR != "mitxonline":
        return
    apps.get_model(settings.OAUTH2_PROVIDER_APPLICATION_MODEL).objects.get_or_create(
        name="edx-oauth-app",
        defaults={
            "redirect_uris": "http://edx.odl.local:18000/auth/complete/mitxpro-oauth2/",
            "client_type": "confidential",
            "authorization_grant_type": "authorization-code",
            "client_secret": secrets.token_urlsafe(64),
            "skip_authorization": True,
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("openedx" if settings.FLAVOR == "mitxonline" else "courseware", "0001_initial"),
        ("oauth2_provider", "0012_add_token_checksum"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
