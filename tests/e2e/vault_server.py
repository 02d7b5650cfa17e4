# SPDX-License-Identifier: MIT
"""A scripted HTTP/1.1 server on loopback, in the place of Vault or OpenBao.

It stands in for what the real server cannot be made to do: to stop in the middle of an answer, to answer with
nonsense, to send a client elsewhere. What the real server does is tested with the real one. It judges nothing: it
plays its script, one step a request, and records each request whole.

    with Server([answer(KV2)]) as server: ...; server.url, server.requests

The script is a list of steps, played in order, or a function that is given a request and returns the step. A request
behind the last step is recorded, and answered with a status that no server has. The steps are in vault_steps.py.
"""

import contextlib
import dataclasses
import enum
import socket
import ssl
import struct
import threading
import time

LOOPBACK = "127.0.0.1"
# Nothing here waits longer: far behind the deadline of everything that asks.
PATIENCE_S = 60
PIECE = 64 * 1024
HEAD_MAX = 1024 * 1024
BODY_MAX = 32 * 1024 * 1024
# What is said behind the end of a script.
ENDED = b"HTTP/1.1 599 the script has ended\r\nContent-Length: 0\r\n\r\n"


class When(enum.Enum):
    """How far a client has come when a step is played."""
    ACCEPT = "connected"
    HELLO = "said the first words of TLS"
    HEAD = "sent the head of a request"
    BODY = "sent a whole request"


@dataclasses.dataclass(frozen=True)
class Step:
    """What a server does: `play` is given the connection and the request, which is None before one has come. It
    returns whether the connection is of use for another."""
    play: object
    when: When = When.BODY


@dataclasses.dataclass
class Request:
    """One request as it came: the headers are (name, value) pairs in order, repeats kept."""
    method: str
    target: str
    headers: list
    body: bytes = b""

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def query(self):
        return self.target.partition("?")[2]

    def values(self, name):
        """All values of the header."""
        return [value for other, value in self.headers if other.lower() == name.lower()]

    def value(self, name):
        """That of a header which is there at most once; None where it is not."""
        values = self.values(name)
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None

    @property
    def text(self):
        """All of it, to look for what must not be in it."""
        head = "".join(f"{name}: {value}\n" for name, value in self.headers)
        return f"{self.method} {self.target}\n{head}\n{self.body.decode('latin-1')}"


def parse_head(head):
    """The request that a head begins."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    return Request(method, target, [(name, value.strip()) for name, _, value in pairs])


class Connection:
    """A client's connection. `server` is whose it is; a step may send what it likes."""

    def __init__(self, server, plain):
        self.server, self.socket, self.buffer = server, plain, b""
        self.socket.settimeout(PATIENCE_S)

    def receive(self):
        """More of what the client sends; False where it went away."""
        data = self.socket.recv(PIECE)
        self.buffer += data
        return bool(data)

    def take(self, size):
        """The next bytes of what was sent, or as many as came."""
        while len(self.buffer) < size and self.receive():
            pass
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def take_head(self):
        """The head of the next request, with the empty line behind it; None where none came."""
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > HEAD_MAX or not self.receive():
                return None
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def send(self, data):
        self.socket.sendall(data)
        self.server.count(len(data))

    def wait(self, seconds=PATIENCE_S):
        """Says nothing for so long, whatever is sent meanwhile. Returns whether the client is still there."""
        end = time.monotonic() + seconds
        try:
            while (left := end - time.monotonic()) > 0:
                self.socket.settimeout(left)
                if not self.receive():
                    return False
        except TimeoutError:
            pass
        self.socket.settimeout(PATIENCE_S)
        return True

    def secure(self, context):
        """Speaks TLS from here on. Where that fails the client is to read why: to close a socket on what it sent
        meanwhile would be a reset."""
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        try:
            self.socket.do_handshake()
        except ssl.SSLError:
            socket.socket.shutdown(self.socket, socket.SHUT_WR)
            while socket.socket.recv(self.socket, PIECE):
                pass
            raise

    def reset(self):
        """Ends it with an RST instead of a FIN."""
        with contextlib.suppress(OSError):  # a unix socket has none
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def end(self):
        """Unblocks whoever waits for it."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


class Server:
    """Listens on a port of the kernel's choice unless told otherwise, or with `path` on a unix socket; with `tls`, an ssl.SSLContext, it
    speaks TLS. `requests`, `connections` and `sent` (bytes) tell what happened, and may be read at any time.

    One that does not listen refuses; `listen(full=True)` has a queue that is full, so that nobody gets an answer.
    """

    def __init__(self, script=(), tls=None, path=None, host=LOOPBACK, port=0, listens=True, full=False):
        self.script, self.tls, self.path, self.lock = script, tls, path, threading.Lock()
        self.socket = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.socket.bind(str(path) if path else (host, port))
        self.address = self.socket.getsockname()
        self.authority = None if path else f"{host}:{self.address[1]}"
        self.url = f"unix://{path}" if path else f"http{'s' if tls else ''}://{self.authority}"
        self.threads, self.open, self.waiting = [], set(), []
        self.closed = False
        self.rewind()
        if full:
            self.socket.listen(0)
            self.fill()
        elif listens:
            self.socket.listen()
            self.start(self.accept)

    def rewind(self, script=None):
        """Begins the script again, or another one, and forgets what happened."""
        with self.lock:
            self.script = self.script if script is None else script
            self.requests, self.connections, self.sent, self.position = [], 0, 0, 0

    def fill(self):
        """Connections that nobody accepts: the next one's first packet is dropped."""
        for _ in range(2):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(self.address)
            self.waiting.append(waiting)

    def start(self, work, *args):
        thread = threading.Thread(target=work, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        while not self.closed:
            try:
                plain, _ = self.socket.accept()
            except OSError:  # it was closed
                return
            with self.lock:
                self.connections += 1
            self.start(self.serve, Connection(self, plain))

    def serve(self, connection):
        """In a thread of the connection's own."""
        with self.lock:
            self.open.add(connection)
        try:
            # the client may go away at any time, and what is not TLS is an OSError as well
            with contextlib.suppress(OSError):
                if self.greet(connection):
                    while self.exchange(connection):
                        pass
        finally:
            with self.lock:
                self.open.discard(connection)
            connection.socket.close()

    def greet(self, connection):
        """Until requests can come. Returns whether they can."""
        if self.plays(When.ACCEPT):
            return self.take_step(None).play(connection, None)
        if self.tls and self.plays(When.HELLO):
            connection.receive()
            return self.take_step(None).play(connection, None)
        if self.tls:
            connection.secure(self.tls)
        return True

    def exchange(self, connection):
        """One request and its step. Returns whether the connection is of use for another."""
        head = connection.take_head()
        if head is None:
            return False
        request = parse_head(head)
        self.record(request)
        if not self.plays(When.HEAD):
            request.body = connection.take(min(int(request.value("Content-Length") or 0), BODY_MAX))
        step = self.take_step(request)
        if step is None:
            connection.send(ENDED)
            return False
        return step.play(connection, request)

    def plays(self, when):
        """Whether the next step is one that does not wait for more than this."""
        with self.lock:
            return not callable(self.script) and self.position < len(self.script) and \
                self.script[self.position].when is when

    def take_step(self, request):
        if callable(self.script):
            return self.script(request)
        with self.lock:
            self.position += 1
            return self.script[self.position - 1] if self.position <= len(self.script) else None

    def record(self, request):
        with self.lock:
            self.requests.append(request)

    def count(self, size):
        with self.lock:
            self.sent += size

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.closed = True
        with contextlib.suppress(OSError):  # it does not listen
            self.socket.shutdown(socket.SHUT_RDWR)
        with self.lock:
            still_open = list(self.open)
        for connection in still_open:
            connection.end()
        for thread in self.threads:
            thread.join(PATIENCE_S)
        for end in (self.socket, *self.waiting):
            end.close()
        if self.path:
            self.path.unlink()
