"""Django's command, for containers that start at the same time as their database, and as each other."""

import time

from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connection

PATIENCE = 60


class Command(Migrate):
    """Waits for the database, and for others who migrate it."""

    def handle(self, *arguments, **options):
        """The database server itself keeps the lock, until the connection ends."""
        wait_for_database()
        with connection.cursor() as cursor:
            cursor.execute("SELECT GET_LOCK('migrate', %s)", [PATIENCE])
            try:
                super().handle(*arguments, **options)
            finally:
                cursor.execute("SELECT RELEASE_LOCK('migrate')")


def wait_for_database():
    """Come back as soon as there is a connection; raise what is wrong when there is none after a minute."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            connection.ensure_connection()
            return
        except OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
