#!/usr/bin/env python3
"""
Django's command line for the sandbox LMS:

    LMS_SANDBOX_STATE=DIR/state python manage.py shell

The state directory is the server's; it is there once the server has started. What the `shell` saves never saw the checks
of the admin's forms, as what other people's scripts make on a real LMS.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "shared")]


def main():
    """Run one command."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "lms_sandbox.settings"

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
