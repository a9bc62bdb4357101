"""The state directory: made on the first start, brought up to date on later ones."""

import os
import secrets
from pathlib import Path


def prepare_directory(state: Path):
    """Make the directory and, once, its secret key (mode 0600). Needs no Django."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(state / "secret_key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))


def prepare_database():
    """Migrate when there is something to migrate; seed a database without users."""
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from mit_sandbox.seed import seed

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    if not get_user_model().objects.exists():
        seed()
