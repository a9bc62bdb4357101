"""Django's development server, on a database that is up to date."""

from django.contrib.staticfiles.management.commands.runserver import Command as RunServer
from django.core.management import call_command


class Command(RunServer):
    """Migrates where others only warn."""

    def check_migrations(self):
        """Called before the server starts."""
        call_command("migrate", verbosity=0, interactive=False)
