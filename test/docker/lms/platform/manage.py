#!/usr/bin/env python
"""
The platform's command line: `./manage.py lms|cms COMMAND [ARGUMENT...]`.

Commands run with the settings that DJANGO_SETTINGS_MODULE names, but with the caches of the sandbox. What the sandbox
does not have succeeds, with a line that says so: Tutor's jobs call some of it.
"""

import os
import signal
import sys
from pathlib import Path

PLATFORM = Path(__file__).resolve().parent
SANDBOX = Path("/openedx/sandbox")
#: Caches and uploads.
STATE = Path("/openedx/media/sandbox")

sys.path[:0] = [str(PLATFORM), str(SANDBOX / "lms"), str(SANDBOX / "shared")]

from state import prepare_directory  # noqa: E402


def main():
    """Run one command."""
    # From the start, because the first process of a container can't be stopped otherwise.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    service, *arguments = sys.argv[1:]
    if service != "lms":
        not_part_of_the_sandbox(service, arguments[0])
        return
    prepare_directory(STATE)
    os.environ["LMS_SANDBOX_STATE"] = str(STATE)
    # The development server's reloader starts this program again, with this environment.
    os.environ.setdefault("PLATFORM_SETTINGS_MODULE", os.environ["DJANGO_SETTINGS_MODULE"])
    os.environ["DJANGO_SETTINGS_MODULE"] = "tutor_sandbox.settings"

    from django.core.management import ManagementUtility, get_commands

    class Utility(ManagementUtility):
        """Knows no unknown command."""

        def fetch_command(self, subcommand):
            if subcommand in get_commands():
                return super().fetch_command(subcommand)
            not_part_of_the_sandbox(service, subcommand)
            sys.exit()

    Utility([sys.argv[0], *arguments]).execute()


def not_part_of_the_sandbox(service, command):
    """Say so. A server that is not there keeps its container up all the same."""
    print(f"not part of the sandbox: {service} {command}", flush=True)
    if command == "runserver":
        signal.pause()


if __name__ == "__main__":
    main()
