#!/usr/bin/env python3
"""
Django's command line for the sandbox MIT application, in its container:

    docker compose exec web ./manage.py createsuperuser

Needs the environment variables MIT_SANDBOX_FLAVOR and MIT_SANDBOX_STATE, which the image sets, and the application's
settings, like the real one. The server creates the database when it starts.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "shared")]

from serving import add_hosts  # noqa: E402
from state import prepare_directory  # noqa: E402


def main():
    """Run one command."""
    add_hosts(os.environ.get("SANDBOX_HOSTS", "").split())
    prepare_directory(Path(os.environ["MIT_SANDBOX_STATE"]))
    os.environ.setdefault("MIT_SANDBOX_PORT", "0")
    os.environ.setdefault("MIT_SANDBOX_FROM_ENVIRONMENT", "1")
    os.environ["DJANGO_SETTINGS_MODULE"] = "mit_sandbox.settings"

    import django
    from django.core.management import execute_from_command_line

    django.setup()

    from mit_sandbox import env

    env.require()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
