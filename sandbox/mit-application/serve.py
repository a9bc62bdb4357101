#!/usr/bin/env python3
"""
Start the sandbox MIT application.

    python serve.py --flavor mitxonline --listen 127.0.0.1:18013 --apisix-listen 127.0.0.1:19080 --state DIR

The first start creates DIR with the database and secret key. DIR/.env is the application's settings file; with
--from-environment, the settings are the process's environment variables, as in the real application's container.
Standard output has one log line per request: method, path without query string, status, ms.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "shared")]

from serving import host_and_port, parser, serve  # noqa: E402
from state import prepare_database, prepare_directory  # noqa: E402


def main():
    """Parse the arguments and serve until SIGTERM."""
    options = parser("Sandbox MIT application: admin and OAuth provider on loopback.")
    options.add_argument("--flavor", required=True, choices=("mitxonline", "xpro"))
    options.add_argument("--apisix-listen", metavar="HOST:PORT", type=host_and_port, help="mitxonline: its API gateway")
    options.add_argument("--direct-listen", metavar="HOST:PORT", type=host_and_port, help="without APISIX and nginx")
    options.add_argument("--from-environment", action="store_true", help="no .env; exits if a setting is missing")
    options.add_argument("--no-accounts", action="store_true", help="start without accounts; manage.py creates them")
    arguments = options.parse_args()
    serve(
        f"sandbox {arguments.flavor}",
        [address for address in (arguments.listen, arguments.apisix_listen, arguments.direct_listen) if address],
        lambda: application(arguments),
        HERE / f"requirements-{arguments.flavor}.txt",
    )


def application(arguments):
    """Django's WSGI application, after migrating the state directory."""
    state = arguments.state.resolve()
    prepare_directory(state)
    os.environ["MIT_SANDBOX_STATE"] = str(state)
    os.environ["MIT_SANDBOX_FLAVOR"] = arguments.flavor
    os.environ["MIT_SANDBOX_PORT"] = str(arguments.listen[1])
    os.environ["MIT_SANDBOX_APISIX_PORT"] = str(arguments.apisix_listen[1] if arguments.apisix_listen else 0)
    os.environ["MIT_SANDBOX_FROM_ENVIRONMENT"] = "1" if arguments.from_environment else ""
    os.environ["MIT_SANDBOX_NO_ACCOUNTS"] = "1" if arguments.no_accounts else ""
    os.environ["DJANGO_SETTINGS_MODULE"] = "mit_sandbox.settings"

    from django.core.wsgi import get_wsgi_application

    wsgi = get_wsgi_application()

    from mit_sandbox import env
    from mit_sandbox.seed import seed

    env.require()
    prepare_database(None if arguments.no_accounts else seed)
    return wsgi


if __name__ == "__main__":
    main()
