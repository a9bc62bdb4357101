"""Open edX's own index on Django's table of users: no two accounts with the same email address, or with none."""

from django.conf import settings
from django.db import migrations


def upper_and_lower_case_alike(_apps, schema_editor):
    """MySQL compares text case-insensitively; SQLite needs to be told."""
    collation = " COLLATE NOCASE" if schema_editor.connection.vendor == "sqlite" else ""
    schema_editor.execute(f"CREATE UNIQUE INDEX email ON auth_user (email{collation})")


class Migration(migrations.Migration):
    # MySQL doesn't change tables within a transaction.
    atomic = False

    dependencies = [
        ("student", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(
            upper_and_lower_case_alike,
            lambda _apps, schema_editor: schema_editor.execute("DROP INDEX email"),
        )
    ]
