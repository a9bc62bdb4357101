"""Runs Django's own commands for test/support/django.ts in one process, as starting Django takes a second each time.

Argument: the socket to listen on. A request is a line of JSON: the command's arguments and standard input. The answer is
its exit code and what it printed.
"""

import io
import json
import socket
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout

import django
from django.core.management import execute_from_command_line


def run(arguments, text):
    """The exit code and the output of a command."""
    output, sys.stdin = io.StringIO(), io.StringIO(text)
    with redirect_stdout(output), redirect_stderr(output):
        try:
            execute_from_command_line(["manage.py", *arguments])
        except SystemExit as end:
            return end.code or 0, output.getvalue()
        except Exception:
            traceback.print_exc()
            return 1, output.getvalue()
    return 0, output.getvalue()


django.setup()
with socket.socket(socket.AF_UNIX) as server:
    server.bind(sys.argv[1])
    server.listen()
    print("ready", flush=True)
    while True:
        connection, _ = server.accept()
        with connection, connection.makefile("rw") as stream:
            request = stream.readline()
            if request:
                stream.write(json.dumps(run(*json.loads(request))))
