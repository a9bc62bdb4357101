"""`djangoCommand.py SOCKET COMMAND -m django ARGUMENT...`: has test/support/djangoProcess.py run a command of Django."""

import json
import socket
import sys

path, *command = sys.argv[1:]
arguments = command[command.index("-m") + 2 :]
with socket.socket(socket.AF_UNIX) as client:
    client.connect(path)
    with client.makefile("rw") as stream:
        stream.write(json.dumps([arguments, sys.stdin.read()]) + "\n")
        stream.flush()
        code, output = json.load(stream)
sys.stdout.write(output)
sys.exit(code)
