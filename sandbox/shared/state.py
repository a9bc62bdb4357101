"""A server's state directory: created on the first start, migrated on later ones."""

import os
import secrets
from pathlib import Path


def prepare_directory(state: Path):
    """Create the directory and, once, its secret key (mode 0600). Doesn't need Django."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(state / "secret_key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))


def prepare_database(seed):
    """Migrate if there are new migrations; call `seed()` for a database without users, if given."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    if seed and not get_user_model().objects.exists():
        seed()


def database(state: Path):
    """Django's `DATABASES` for SQLite in the state directory, for threads that write at the same time."""
    return {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": state / "db.sqlite3",
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "timeout": 30,
                # Writers queue at BEGIN; otherwise two of them could deadlock on the upgrade.
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }


def password_hashers():
    """Django's `PASSWORD_HASHERS`: its own, or a fast one for tests with `SANDBOX_FAST_HASHES=1`."""
    from django.conf import global_settings

    fast = os.environ.get("SANDBOX_FAST_HASHES", "") not in ("", "0", "false")
    return ["hashing.FewIterations" if fast else global_settings.PASSWORD_HASHERS[0]]


def templates(header):
    """Django's `TEMPLATES`: those of the apps, and the page that all servers share, whose heading `header` returns."""
    return [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).parent / "templates"],
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                    header,
                ]
            },
        }
    ]
