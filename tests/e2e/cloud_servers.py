#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stand-ins for what a cloud has beside Vault: metadata servers, token services. None is real: they are made of the
clouds' documentation, and answer what a test says.

    with Server(answers({"GET /path": "text"})) as server: ...      (vault_server.py)

    cloud_servers.py SPEC -- COMMAND [ARG...]

starts those of a file and then the command; inside a network namespace, for cloud_world.py.
"""

import contextlib
import json
import ssl
import subprocess
import sys

from vault_server import Server, Step
from vault_steps import answer


def answers(table):
    """A script: what is answered to a method and target. A value is a step, a pair of body and status, or a body."""
    def play(request):
        found = table.get(f"{request.method} {request.target}", ("nothing is here", 404))
        if isinstance(found, Step):
            return found
        return answer(*found) if isinstance(found, tuple) else answer(found)
    return play


def start(stack, spec):
    context = None
    if spec["identity"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(spec["identity"])
    table = {key: tuple(value) if isinstance(value, list) else value for key, value in spec["table"].items()}
    return stack.enter_context(Server(answers(table), tls=context, host=spec["host"], port=spec["port"]))


def main():
    """Inside the namespace."""
    with open(sys.argv[1], encoding="utf-8") as file:
        spec = json.load(file)
    with contextlib.ExitStack() as stack:
        servers = [start(stack, server) for server in spec["servers"]]
        status = subprocess.call(sys.argv[3:])
        with open(spec["records"], "a", encoding="utf-8") as records:
            for server in servers:
                for request in server.requests:
                    records.write(json.dumps({
                        "host": server.address[0], "method": request.method, "target": request.target,
                        "headers": request.headers, "body": request.body.decode("latin-1")}) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
