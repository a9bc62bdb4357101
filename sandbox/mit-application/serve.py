#!/usr/bin/env python3
"""
Start the sandbox MIT application.

    python serve.py --flavour mitxonline --listen 127.0.0.1:18013 --apisix-listen 127.0.0.1:19080 --state DIR

Made on the first start: DIR with the database and secret key. DIR/.env is the application's settings file.
Log on standard output, one line a request: method, path without query string, status, ms.
"""

import argparse
import os
import signal
import socket
import sys
import time
from pathlib import Path
from urllib.parse import quote

THREADS = 8
FLAVOURS = ("mitxonline", "xpro")


def main():
    """Parse the arguments, bind, prepare the state, serve until SIGTERM."""
    arguments = _arguments()
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    listeners = [_bind(address) for address in (arguments.listen, arguments.apisix_listen) if address]

    try:
        import waitress

        application = _application(arguments)
    except ImportError as error:
        requirements = Path(__file__).resolve().parent / f"requirements-{arguments.flavour}.txt"
        _stop(f"a Python package is missing ({error}): pip install -r {requirements}")

    addresses = " and ".join("{}:{}".format(*listener.getsockname()) for listener in listeners)
    print(f"sandbox {arguments.flavour} on {addresses}, state in {arguments.state.resolve()}")
    waitress.serve(_logged(application), sockets=listeners, threads=THREADS, ident=None, _quiet=True)


def _arguments():
    parser = argparse.ArgumentParser(description="Sandbox MIT application: admin and OAuth provider on loopback.")
    parser.add_argument("--flavour", required=True, choices=FLAVOURS)
    parser.add_argument("--listen", required=True, metavar="HOST:PORT", type=_host_and_port)
    parser.add_argument("--apisix-listen", metavar="HOST:PORT", type=_host_and_port, help="mitxonline: its API gateway")
    parser.add_argument("--state", required=True, metavar="DIR", type=Path, help="made when missing")
    return parser.parse_args()


def _host_and_port(text):
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, got {text!r}")
    return host, int(port)


def _bind(address):
    """A bound socket, so that a taken port is told before any work; it listens once all is ready."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        _stop(f"cannot listen on {address[0]}:{address[1]}: {error.strerror}")
    return listener


def _application(arguments):
    """Django's WSGI application on a state directory that is up to date."""
    from mit_sandbox.state import prepare_database, prepare_directory

    state = arguments.state.resolve()
    prepare_directory(state)
    os.environ["MIT_SANDBOX_STATE"] = str(state)
    os.environ["MIT_SANDBOX_FLAVOUR"] = arguments.flavour
    os.environ["MIT_SANDBOX_PORT"] = str(arguments.listen[1])
    os.environ["MIT_SANDBOX_APISIX_PORT"] = str(arguments.apisix_listen[1] if arguments.apisix_listen else 0)
    os.environ["DJANGO_SETTINGS_MODULE"] = "mit_sandbox.settings"

    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
    prepare_database()
    return application


def _logged(application):
    """The same application with one log line a request; no bodies, no query strings."""

    def wrapper(environ, start_response):
        started = time.perf_counter()

        def start(status, headers, *rest):
            milliseconds = (time.perf_counter() - started) * 1000
            path = quote(environ.get("PATH_INFO", ""), safe="/:+@")
            print(f"{environ['REQUEST_METHOD']} {path} {status[:3]} {milliseconds:.0f} ms")
            return start_response(status, headers, *rest)

        return application(environ, start)

    return wrapper


def _stop(message):
    print(f"sandbox MIT application: {message}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
