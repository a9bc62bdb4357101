"""What the applications store about a user's account in Open edX and the tokens for its API."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

MITXONLINE = settings.FLAVOR == "mitxonline"
MODEL = "openedxuser" if MITXONLINE else "coursewareuser"


class Migration(migrations.Migration):
    dependencies = [("openedx" if MITXONLINE else "courseware", "0002_edx_oauth_app")]

    operations = [
        migrations.AddField(MODEL, "platform", models.CharField(default="edx", max_length=20)),
        migrations.AddField(
            MODEL,
            "has_been_synced",
            models.BooleanField(default=False, help_text="Whether the account has been made in Open edX."),
        ),
        migrations.AlterField(
            MODEL,
            "user",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="openedx_users",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(MODEL, "edx_username", models.CharField(max_length=30, null=True, unique=True))
        if MITXONLINE
        else migrations.RemoveField(MODEL, "edx_username"),
        migrations.AddField("openedxapiauth", "access_token_expires_on", models.DateTimeField(null=True)),
    ]
