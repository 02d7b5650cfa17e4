#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stand-ins for what a cloud has beside Vault: metadata servers, token services. None is real: they are made of the
clouds' documentation, and answer what a test says.

    with Server(answers({"GET /path": "text"})) as server: ...      (vault_server.py)

    cloud_servers.py SPEC -- COMMAND [ARG...]

starts those of a file and then the command; inside a network namespace, for cloud_world.py. A name server that knows
service records is among them where the file has any.
"""

import contextlib
import json
import socket
import ssl
import struct
import subprocess
import sys
import threading

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


def labels(name):
    """A name as it is in a message of the name service."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


class Names:
    """Answers what services there are, over UDP: `table` has lists of priority, weight, port and target by name. None
    instead of a list is no answer, text is what is sent, and {"cut": list} says that there is more of it, by TCP, where
    nobody answers. Whatever it has not does not exist. (RFC 1035, RFC 2782)"""

    NAME_ERROR, SERVICE, CUT = 3, 33, 0x0200

    def __init__(self, table, host, port=53):
        self.table, self.asked, self.socket = table, [], socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.silent = socket.create_server((host, port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, client = self.socket.recvfrom(512)
            reply = self.answer(question)
            if reply is not None:
                self.socket.sendto(reply, client)

    def answer(self, message):
        end, parts = 12, []
        while message[end]:
            parts.append(message[end + 1:end + 1 + message[end]].decode())
            end += 1 + message[end]
        name, asked = ".".join(parts), message[12:end + 5]
        kind = struct.unpack_from("!H", message, end + 1)[0]
        if kind == self.SERVICE:
            self.asked.append(name)
        found = self.table.get(name.lower(), []) if kind == self.SERVICE else []
        flags = 0x8180
        if isinstance(found, dict):
            found, flags = found["cut"], flags | self.CUT
        if not isinstance(found, list):
            return found and message[:2] + found.encode()
        records = [struct.pack("!3H", *numbers) + labels(target) for *numbers, target in found]
        head = message[:2] + struct.pack("!5H", flags | (0 if found else self.NAME_ERROR), 1, len(records), 0, 0)
        return head + asked + b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 1, len(record)) + record
                                       for record in records)


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
        names = Names(spec["services"], "127.0.0.1") if spec["services"] else None
        status = subprocess.call(sys.argv[3:])
        with open(spec["records"], "a", encoding="utf-8") as records:
            for name in names.asked if names else []:
                records.write(json.dumps({"host": "names", "method": "SRV", "target": name}) + "\n")
            for server in servers:
                for request in server.requests:
                    records.write(json.dumps({
                        "host": server.address[0], "method": request.method, "target": request.target,
                        "headers": request.headers, "body": request.body.decode("latin-1")}) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
