# SPDX-License-Identifier: MIT
"""What a scripted server can do (vault_server.py): answers, and every way in which one can go wrong."""

import gzip
import json
import select
import socket
import ssl

from vault_server import PIECE, Request, Step, When

DRIP_SECONDS = 1


# --- answers --------------------------------------------------------------------------------------------------------

def head(status=200, *headers, reason="", version="1.1"):
    """The head of an answer."""
    lines = [f"HTTP/{version} {status} {reason}", "Content-Type: application/json", *headers]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"


def as_bytes(body):
    """A body: bytes and text as they are, anything else as JSON."""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def message(body, status=200, *headers):
    """A whole answer, of the length that it says."""
    data = as_bytes(body)
    return head(status, f"Content-Length: {len(data)}", *headers) + data


def answer(body=b"", status=200, *headers):
    """A whole answer, on a connection that stays."""
    def play(connection, _):
        connection.send(message(body, status, *headers))
        return True
    return Step(play)


def errors(status, *texts, headers=()):
    """What Vault answers where it fails."""
    return answer({"errors": list(texts)}, status, *headers)


def redirect(location, status=307):
    return answer(b"", status, f"Location: {location}")


# --- the socket's own faults ----------------------------------------------------------------------------------------

def hang_up(sent=b"", when=When.BODY):
    """Sends this and ends the connection."""
    def play(connection, _):
        connection.send(sent)
        return False
    return Step(play, when)


def reset(sent=b"", when=When.BODY):
    """Sends this and resets the connection, when the client has had the time to read it."""
    def play(connection, _):
        connection.send(sent)
        if sent:
            connection.wait(0.1)
        connection.reset()
        return False
    return Step(play, when)


def silence(sent=b"", when=When.BODY):
    """Sends this, and nothing more until the client goes away."""
    def play(connection, _):
        connection.send(sent)
        connection.wait()
        return False
    return Step(play, when)


def drip(sent):
    """One byte a second."""
    def play(connection, _):
        for byte in sent:
            connection.send(bytes([byte]))
            if not connection.wait(DRIP_SECONDS):
                break
        return False
    return Step(play)


def flood(first, piece, count):
    """This, and then a piece over and over; the server counts how much the client took."""
    def play(connection, _):
        connection.send(first)
        for _ in range(count):
            connection.send(piece)
        return False
    return Step(play)


def closing(body, *headers, status=200):
    """An answer without a length, which ends where the connection does."""
    return hang_up(head(status, "Connection: close", *headers) + as_bytes(body))


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def chunked(*chunks, end=b"0\r\n\r\n"):
    """An answer in chunks, which are sent as they are."""
    return hang_up(head(200, "Transfer-Encoding: chunked", "Connection: close") + b"".join(chunks) + end)


def bomb(size):
    """JSON that is small on the wire and large where a client unpacks it."""
    packed = gzip.compress(b'{"data":"' + b"0" * size + b'"}')
    return hang_up(head(200, "Content-Encoding: gzip", f"Content-Length: {len(packed)}") + packed)


# --- a proxy --------------------------------------------------------------------------------------------------------

def pass_on(connection, host, port, said):
    """Connects to there, says so, and passes on what either side says until one of them has nothing more."""
    with socket.create_connection((host, port)) as onward:
        connection.send(said)
        client = connection.socket
        sides = {client: onward, onward: client}
        while True:
            # what TLS has read and not handed out yet, nobody hears of from the kernel
            is_waiting = isinstance(client, ssl.SSLSocket) and client.pending() > 0
            for side in [client] if is_waiting else select.select(list(sides), [], [])[0]:
                data = side.recv(PIECE)
                if not data:
                    return False
                sides[side].sendall(data)


def tunnel():
    """Does what CONNECT asks for."""
    def play(connection, request):
        host, _, port = request.target.rpartition(":")
        return pass_on(connection, host, int(port), b"HTTP/1.1 200 Connection established\r\n\r\n")
    return Step(play)


def socks(user=None, password=None, refuses=0):
    """A stand-in for a SOCKS5 proxy (RFC 1928), with a name and a password where it is to want them (RFC 1929). It
    records what it is asked for as a CONNECT, and answers with the number of a refusal, or makes the connection."""
    method = 0 if user is None else 2

    def greet(connection):
        version, count = connection.take(2)
        taken = version == 5 and method in connection.take(count)
        connection.send(bytes([5, method if taken else 0xff]))
        if not taken or method == 0:
            return taken
        given = [connection.take(connection.take(size)[-1]).decode() for size in (2, 1)]
        taken = given == [user, password]
        connection.send(bytes([1, 0 if taken else 1]))
        return taken

    def take_host(connection):
        form = connection.take(4)[3]
        if form == 3:
            return connection.take(connection.take(1)[0]).decode("ascii")
        family, size = {1: (socket.AF_INET, 4), 4: (socket.AF_INET6, 16)}[form]
        return socket.inet_ntop(family, connection.take(size))

    def play(connection, _):
        if not greet(connection):
            return False
        host, port = take_host(connection), int.from_bytes(connection.take(2), "big")
        connection.server.record(Request("CONNECT", f"{host}:{port}", []))
        said = bytes([5, refuses, 0, 1]) + bytes(6)
        if not refuses:
            return pass_on(connection, host, port, said)
        connection.send(said)
        return False
    return Step(play, When.ACCEPT)
