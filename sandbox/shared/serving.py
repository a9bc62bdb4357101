"""Serves a Django application on loopback: arguments, sockets, the log."""

import argparse
import os
import signal
import socket
import sys
import time
from pathlib import Path
from urllib.parse import quote

THREADS = 8


def parser(description):
    """A parser with the arguments of every server: `--listen` and `--state`."""
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument("--listen", required=True, metavar="HOST:PORT", type=host_and_port)
    arguments.add_argument("--state", required=True, metavar="DIR", type=Path, help="made when missing")
    return arguments


def host_and_port(text):
    """Parse `127.0.0.1:18000`."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, got {text!r}")
    return host, int(port)


def serve(title, addresses, make_application, requirements):
    """Bind, create the application, and serve it until SIGTERM. An error ends the process with one line."""
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    add_hosts(os.environ.get("SANDBOX_HOSTS", "").split())
    listeners = [_bind(title, address) for address in addresses]
    try:
        import waitress

        application = make_application()
    except ImportError as error:
        _stop(title, f"a Python package is missing ({error}): pip install -r {requirements}")

    where = " and ".join("{}:{}".format(*listener.getsockname()) for listener in listeners)
    print(f"{title} on {where}")
    waitress.serve(_logged(application), sockets=listeners, threads=THREADS, ident=None, _quiet=True)


def add_hosts(names):
    """Make these names resolve to this machine, whatever the hosts file says, like `extra_hosts` in a container."""
    look_up = socket.getaddrinfo
    if names:
        socket.getaddrinfo = lambda host, *rest, **named: look_up(
            "127.0.0.1" if host in names else host, *rest, **named
        )


def _bind(title, address):
    """A bound socket, so that a used port is reported first; it listens once everything is ready."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        _stop(title, f"cannot listen on {address[0]}:{address[1]}: {error.strerror}")
    return listener


def _logged(application):
    """The same application with one log line per request; no bodies, no query strings."""

    def wrapper(environ, start_response):
        started = time.perf_counter()

        def start(status, headers, *rest):
            milliseconds = (time.perf_counter() - started) * 1000
            path = quote(environ.get("PATH_INFO", ""), safe="/:+@")
            print(f"{environ['REQUEST_METHOD']} {path} {status[:3]} {milliseconds:.0f} ms")
            return start_response(status, headers, *rest)

        return application(environ, start)

    return wrapper


def _stop(title, message):
    print(f"{title}: {message}", file=sys.stderr)
    sys.exit(1)
