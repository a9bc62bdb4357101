#!/usr/bin/env python3
"""
Start the sandbox LMS.

    python serve.py --listen 127.0.0.1:18000 --state DIR

The first start creates DIR with the database, caches, uploads and secret key. Standard output has one log line per
request: method, path without query string, status, ms.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "shared")]

from serving import parser, serve  # noqa: E402
from state import prepare_database, prepare_directory  # noqa: E402


def main():
    """Parse the arguments and serve until SIGTERM."""
    arguments = parser("Sandbox LMS: the Open edX admin pages on loopback.").parse_args()
    serve(
        "sandbox LMS",
        [arguments.listen],
        lambda: application(arguments.state.resolve()),
        HERE / "requirements.txt",
    )


def application(state):
    """Django's WSGI application, after migrating the state directory."""
    prepare_directory(state)
    os.environ["LMS_SANDBOX_STATE"] = str(state)
    os.environ["DJANGO_SETTINGS_MODULE"] = "lms_sandbox.settings"

    from django.core.wsgi import get_wsgi_application

    wsgi = get_wsgi_application()

    from lms_sandbox.seed import seed

    prepare_database(seed)
    return wsgi


if __name__ == "__main__":
    main()
