#!/usr/bin/env python3
"""
Start the sandbox LMS.

    python serve.py --listen 127.0.0.1:18000 --state DIR

Made on the first start: DIR with the database, caches, uploads and secret key.
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


def main():
    """Parse the arguments, bind, prepare the state, serve until SIGTERM."""
    arguments = _arguments()
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    listener = _bind(arguments.listen)

    try:
        import waitress

        application = _application(arguments.state.resolve())
    except ImportError as error:
        requirements = Path(__file__).resolve().parent / "requirements.txt"
        _stop(f"a Python package is missing ({error}): pip install -r {requirements}")

    print(f"sandbox LMS on http://{_address(listener)}, state in {arguments.state.resolve()}")
    waitress.serve(_logged(application), sockets=[listener], threads=THREADS, ident=None, _quiet=True)


def _arguments():
    parser = argparse.ArgumentParser(description="Sandbox LMS: the Open edX admin pages on loopback.")
    parser.add_argument("--listen", default="127.0.0.1:18000", metavar="HOST:PORT", type=_host_and_port)
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


def _address(listener):
    host, port = listener.getsockname()
    return f"{host}:{port}"


def _application(state):
    """Django's WSGI application on a state directory that is up to date."""
    from lms_sandbox.state import prepare_database, prepare_directory

    prepare_directory(state)
    os.environ["LMS_SANDBOX_STATE"] = str(state)
    os.environ["DJANGO_SETTINGS_MODULE"] = "lms_sandbox.settings"

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
    print(f"sandbox LMS: {message}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
