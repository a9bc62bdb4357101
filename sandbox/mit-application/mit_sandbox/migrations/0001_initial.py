"""The tables; each flavor has its own name for a user's account in Open edX."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


MITXONLINE = settings.FLAVOR == "mitxonline"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        migrations.swappable_dependency(settings.OAUTH2_PROVIDER_APPLICATION_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Access",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scopes", models.CharField(blank=True, max_length=255)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="access",
                        to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "access",
            },
        ),
        migrations.CreateModel(
            name="OpenEdxApiAuth",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("refresh_token", models.CharField(max_length=128)),
                ("access_token", models.CharField(blank=True, max_length=128)),
                ("user", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "verbose_name": "open edx api auth",
            },
        ),
        migrations.CreateModel(
            name="OpenEdxUser" if MITXONLINE else "CoursewareUser",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("edx_username", models.CharField(max_length=30)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "verbose_name": "open edx user" if MITXONLINE else "courseware user",
            },
        ),
    ]
