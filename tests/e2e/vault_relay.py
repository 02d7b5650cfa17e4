#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Passes bytes on between vault.so and a real server, as a load balancer does, and knows how far a conversation has
come. TLS goes through it: a certificate that is good for the server is good for it.

As a program:   vault_relay.py PORT SOCKET COMMAND [ARG...]
                runs the command where PORT leads to what listens on the unix socket, into a network namespace too
"""

import contextlib
import selectors
import socket
import subprocess
import sys
import threading

HOST = "127.0.0.1"
TIMEOUT = 30
PIECE = 64 * 1024


class Relay:
    """Leads to the first of `targets()` that takes a connection: (host, port), or the path of a socket. Before the
    piece that is `number` of all pieces, counted from 1 over both directions and all connections, it does what
    `moment` is; 0 is before the first connection goes on.
    """

    def __init__(self, targets, number=None, moment=None, listener=None):
        self.targets, self.number, self.moment = targets, number, moment
        self.listener = listener or socket.create_server((HOST, 0))
        self.count, self.has_come, self.lock = 0, False, threading.Lock()
        self.threads = []

    @property
    def address(self):
        return f"https://{HOST}:{self.listener.getsockname()[1]}"

    def __enter__(self):
        self.run(self.accept)
        return self

    def __exit__(self, *exc):
        """What has begun, comes to its end: whoever looks afterwards sees all that was done at the moment."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:  # the first of them adds others until it ends
            thread.join(TIMEOUT)

    def run(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        with contextlib.suppress(OSError):  # it was closed
            while True:
                self.run(self.serve, self.listener.accept()[0])

    def serve(self, client):
        with client, contextlib.suppress(OSError):
            if self.number == 0:
                self.come()
            with connect(self.targets()) as server:
                self.relay(client, server)

    def relay(self, client, server):
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in selector.select():
                    piece = key.fileobj.recv(PIECE)
                    if not piece:
                        return
                    self.pass_one(key.data, piece)

    def pass_one(self, other, piece):
        with self.lock:
            self.count += 1
            is_it = self.count == self.number
        if is_it:
            self.come()
        other.sendall(piece)

    def come(self):
        with self.lock:
            if self.has_come:
                return
            self.has_come = True
        self.moment()


def connect(targets):
    for target in targets:
        family = socket.AF_INET if isinstance(target, tuple) else socket.AF_UNIX
        server = socket.socket(family)
        server.settimeout(TIMEOUT)
        with contextlib.suppress(OSError):
            server.connect(target)
            return server
        server.close()
    raise ConnectionRefusedError("nobody is there")


def unix_listener(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    return listener


def main():
    port, path, *command = sys.argv[1:]
    with Relay(lambda: [path], listener=socket.create_server((HOST, int(port)))):
        return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main())
