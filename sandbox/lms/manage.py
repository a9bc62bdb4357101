#!/usr/bin/env python3
"""
Django's command line for the sandbox LMS:

    LMS_SANDBOX_STATE=DIR/state python manage.py shell

The state directory is the server's, which creates it when it starts. Rows saved in the `shell` bypass the validation
of the admin's forms, like rows that scripts create on a real LMS.
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
