# SPDX-License-Identifier: MIT
"""vault.so, and a server that stops, dawdles or talks nonsense: at each stage of a connection and of an answer, the
credential or the right failure, inside the deadline. (design, section 7; the server: vault_server.py)

A row says what the server plays, what that comes to, what the message says, and what was asked of the server. What
stands in an answer is for test_vault_answers.py, redirects, TLS and logins for the files named after them.
"""

import pytest
import vault_steps as steps
from stage import OTHER_KEY
from vault_rows import APPROLE, GIVEN, LOGGED_IN, LOGIN, READ, READ_BY_LOGIN, SHORT, Row, kv2, login, play
from vault_server import When

ONCE, THRICE = [READ], [READ] * 3
MIB = 1024 * 1024
BODY = steps.as_bytes(kv2())
MESSAGE = steps.message(kv2())
HEAD = steps.head(200, f"Content-Length: {len(BODY)}")


def body_of(size):
    """The secret in a body of exactly so many bytes."""
    return BODY[:-1] + b" " * (size - len(BODY)) + b"}"


def of_length(text, body=BODY):
    """An answer that says it is of this length, and then the connection ends."""
    return steps.hang_up(steps.head(200, f"Content-Length: {text}") + body)


def at_once(name, plays, *says, asked=None, **more):
    """A fault that is seen without waiting, with an entry that asks once."""
    more["options"] = {"retries": 0} | more.get("options", {})
    return Row(name, plays, "unavailable", says or ("{url}",), ONCE if asked is None else asked, **more)


def at_deadline(name, plays, asked=None, **more):
    """One that ends by the entry's deadline alone."""
    return Row(name, plays, "unavailable", ("{url}",), ONCE if asked is None else asked, timeout=SHORT, **more)


def fine(name, plays, asked=None, **more):
    return Row(name, plays, asked=ONCE if asked is None else asked, **more)


CONNECTIONS = [
    at_once("refused", [], "refused", asked=[], server={"listens": False}),
    at_deadline("nobody accepts", [], asked=[], server={"full": True}),
    at_once("reset at once", steps.reset(when=When.ACCEPT), asked=[], varies=True),
    at_once("hang up at once", steps.hang_up(when=When.ACCEPT), asked=[], varies=True),
    at_deadline("silence at once", steps.silence(when=When.ACCEPT), asked=[]),
    at_once("reset behind the request", steps.reset()),
    at_once("hang up behind the request", steps.hang_up()),
    at_deadline("silence behind the request", steps.silence()),
    at_once("reset in the head", steps.reset(HEAD[:-20])),
    at_once("hang up in the head", steps.hang_up(HEAD[:-20])),
    at_deadline("silence in the head", steps.silence(HEAD[:-20])),
    at_once("reset behind the head", steps.reset(HEAD)),
    at_once("hang up behind the head", steps.hang_up(HEAD)),
    at_deadline("silence behind the head", steps.silence(HEAD)),
    at_once("reset in the body", steps.reset(MESSAGE[:-2])),
    at_once("hang up in the body", steps.hang_up(MESSAGE[:-2])),
    at_deadline("silence in the body", steps.silence(MESSAGE[:-2])),
    at_deadline("one byte a second", steps.drip(MESSAGE)),
    fine("hang up behind the answer", steps.hang_up(MESSAGE)),
    fine("silence behind the answer", steps.silence(MESSAGE)),
    fine("reset behind the answer", steps.reset(MESSAGE)),
]

AGAIN = [
    fine("reset, then the answer", [steps.reset(), GIVEN], asked=[READ] * 2, least=1),
    fine("reset at once, then the answer", [steps.reset(when=When.ACCEPT), GIVEN], least=1),
    fine("truncated, then the answer", [steps.hang_up(MESSAGE[:-2]), GIVEN], asked=[READ] * 2, least=1),
    fine("a connection that was to stay has ended", [steps.hang_up(steps.message(login())), GIVEN],
         asked=[LOGIN, READ_BY_LOGIN], options=APPROLE),
    fine("a connection that was to stay ends with the next request", [LOGGED_IN, steps.hang_up(), GIVEN],
         asked=[LOGIN, READ_BY_LOGIN, READ_BY_LOGIN], options=APPROLE),
    Row("reset over and over", [steps.reset()] * 4, "unavailable", ("{url}",), THRICE, least=3),
    Row("reset over and over, asked once more", [steps.reset()] * 4, "unavailable", ("{url}",), [READ] * 2,
        options={"retries": 1}, least=1),
]

LENGTHS = [
    at_once("length too long", of_length(len(BODY) + 1)),
    at_deadline("length too long, and silence", steps.silence(steps.head(200, f"Content-Length: {len(BODY) + 1}") +
                                                              BODY)),
    at_once("length too short", of_length(len(BODY) - 1), "JSON"),
    at_once("length 0", of_length(0), "JSON"),
    at_once("length negative", of_length(-1)),
    at_once("length is no number", of_length("many")),
    Row("length beyond 64 bits", of_length(2**64 + len(BODY)), None),
    Row("two lengths", steps.hang_up(steps.head(200, "Content-Length: 5", f"Content-Length: {len(BODY)}") + BODY),
        None),
    fine("no length", steps.closing(BODY)),
    at_once("no length, and truncated", steps.closing(BODY[:-2]), "JSON"),
    fine("HTTP/1.0", steps.hang_up(steps.head(version="1.0") + BODY)),
    fine("chunks", steps.chunked(steps.chunk(BODY[:7]), steps.chunk(BODY[7:]))),
    fine("chunks of a byte", steps.chunked(*(steps.chunk(bytes([byte])) for byte in BODY))),
    fine("chunks, and a trailer", steps.chunked(steps.chunk(BODY), end=b"0\r\nX-Trailer: 1\r\n\r\n")),
    at_once("chunks without an end", steps.chunked(steps.chunk(BODY), end=b"")),
    at_once("chunk truncated", steps.chunked(steps.chunk(BODY)[:-9], end=b"")),
    at_once("chunk of no number", steps.chunked(b"zz\r\n" + BODY)),
    at_once("chunk beyond 64 bits", steps.chunked(b"f" * 17 + b"\r\n" + BODY)),
    at_once("chunk longer than it says", steps.chunked(b"5\r\n" + BODY + b"\r\n")),
]

SIZES = [
    fine("1 MiB", steps.answer(body_of(MIB))),
    fine("1 MiB without a length", steps.closing(body_of(MIB))),
    at_once("1 MiB and a byte", steps.answer(body_of(MIB + 1)), "too long"),
    at_once("1 MiB and a byte without a length", steps.closing(body_of(MIB + 1)), "too long"),
    at_once("64 MiB", steps.flood(steps.head(200, f"Content-Length: {64 * MIB}"), b" " * MIB, 64), "too long"),
    at_once("64 MiB without a length", steps.flood(steps.head(200, "Connection: close"), b" " * MIB, 64), "too long"),
    at_once("64 MiB in chunks", steps.flood(steps.head(200, "Transfer-Encoding: chunked"), steps.chunk(b" " * MIB),
                                            64), "too long"),
    at_once("endless headers", steps.flood(steps.head()[:-2], b"X-Header: 1\r\n" * 1024, 8 * 1024), "too long"),
    at_once("a header of 1 MiB", steps.hang_up(steps.head(200, "X-Header: " + "x" * MIB) + BODY), "too long"),
    at_once("a header without an end", steps.flood(steps.head()[:-2] + b"X-Header: ", b"x" * 65536, 1024), "too long"),
    at_once("a status line of 1 MiB", steps.hang_up(steps.head(reason="x" * MIB) + BODY), "too long"),
    at_once("a bomb that was not asked for", steps.bomb(64 * MIB)),
]

PROTOCOLS = [
    fine("100 before the answer", steps.hang_up(b"HTTP/1.1 100 Continue\r\n\r\n" + MESSAGE)),
    fine("103 before the answer", steps.hang_up(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + MESSAGE)),
    at_once("101 without having been asked", steps.hang_up(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")),
    at_once("100 over and over", steps.flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1024, 8 * 1024), "too long"),
    at_once("HTTP/0.9", steps.hang_up(BODY)),
    at_once("HTTP/2", steps.hang_up(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))),
    at_once("HTTP/2's first frame", steps.hang_up(bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))),
    at_once("HTTP/3 in the status line", steps.hang_up(b"HTTP/3 200\r\n\r\n" + BODY)),
    at_once("a status of two digits", steps.hang_up(b"HTTP/1.1 20 OK\r\n\r\n" + BODY)),
    at_once("no status", steps.hang_up(b"HTTP/1.1 OK\r\n\r\n" + BODY)),
    at_once("garbage", steps.hang_up(bytes(range(256)) * 16)),
    at_once("SSH", steps.hang_up(b"SSH-2.0-OpenSSH_9.2\r\n")),
    at_once("TLS where none is spoken", steps.hang_up(bytes.fromhex("15030300020246"))),
    at_once("gzip that was not asked for", steps.hang_up(steps.head(200, "Content-Encoding: gzip") + b"\x1f\x8b" * 9)),
    fine("a second answer behind the first", [
        steps.hang_up(steps.message(login()) + steps.message(kv2({"api_key": OTHER_KEY}))), GIVEN],
        asked=[LOGIN, READ_BY_LOGIN], options=APPROLE),
]

ROWS = CONNECTIONS + AGAIN + LENGTHS + SIZES + PROTOCOLS


# Of an answer that is too long the rest is not read, but for what lies in the socket's buffers.
TAKEN_MAX = 16 * MIB


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_fault(stage, certificates, row):
    assert play(stage, certificates, row).server.sent < TAKEN_MAX
