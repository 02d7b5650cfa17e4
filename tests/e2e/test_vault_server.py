# SPDX-License-Identifier: MIT
"""The scripted server itself, asked by curl and by hand: each fault is what it is called, so that a test which meets
one met it. (vault_server.py)"""

import socket
import ssl
import subprocess
import time

import pytest
import vault_steps as steps
from stage import TIMEOUT
from vault_server import LOOPBACK, Server, When

WHOLE = {"data": {"field": "value"}}
BODY = steps.as_bytes(WHOLE)
MESSAGE = steps.message(WHOLE)
ASKS = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\n"
# What curl(1) exits with.
OK, NOT_HTTP, PARTIAL, TIMED_OUT, EMPTY, BROKEN = 0, 1, 18, 28, 52, 56
SECONDS = 0.5


def curl(url):
    command = ["curl", "-q", "-sS", "--noproxy", "*", "--max-time", str(SECONDS), url]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)


PLAYED = {
    "answer": (steps.answer(WHOLE), OK),
    "no length": (steps.closing(WHOLE), OK),
    "chunks": (steps.chunked(steps.chunk(BODY[:9]), steps.chunk(BODY[9:])), OK),
    "no last chunk": (steps.chunked(steps.chunk(BODY), end=b""), PARTIAL),
    "bad chunk": (steps.chunked(b"zz\r\n" + BODY), BROKEN),
    "hang up": (steps.hang_up(), EMPTY),
    "truncated": (steps.hang_up(MESSAGE[:-2]), PARTIAL),
    "silence at once": (steps.silence(when=When.ACCEPT), TIMED_OUT),
    "silence": (steps.silence(), TIMED_OUT),
    "silence in the body": (steps.silence(MESSAGE[:-2]), TIMED_OUT),
    "drip": (steps.drip(MESSAGE), TIMED_OUT),
    "garbage": (steps.hang_up(b"\xff" * 64), NOT_HTTP),
}


@pytest.mark.parametrize("name", PLAYED)
def test_each_fault_is_what_it_is_called(name):
    step, status = PLAYED[name]
    with Server([step]) as server:
        done = curl(server.url)
    assert done.returncode == status, done.stderr
    assert server.connections == 1
    if status == OK:
        assert done.stdout == BODY


def talk(server, *sent):
    """Says all this. Returns what came, and whether the connection was reset."""
    received = b""
    try:
        with socket.create_connection(server.address, TIMEOUT) as plain:
            for data in sent:
                plain.sendall(data)
                time.sleep(0.05)
            while data := plain.recv(65536):
                received += data
    except ConnectionError:
        return received, True
    return received, False


@pytest.mark.parametrize("when, sent, requests", [
    (When.ACCEPT, [], 0), (When.HEAD, [ASKS], 1), (When.HEAD, [ASKS, b"body"], 1), (When.BODY, [ASKS, b"body"], 1)])
def test_a_connection_is_reset_at_its_stage(when, sent, requests):
    with Server([steps.reset(when=when)]) as server:
        assert talk(server, *sent) == (b"", True)
    assert len(server.requests) == requests


def test_a_connection_ends_before_anything_was_said():
    with Server([steps.hang_up(when=When.ACCEPT)]) as server:
        assert talk(server) == (b"", False)


def test_a_reset_leaves_what_was_sent_before():
    with Server([steps.reset(MESSAGE[:-2])]) as server:
        assert talk(server, ASKS, b"body") == (MESSAGE[:-2], True)
        server.rewind([steps.hang_up(MESSAGE[:-2])])
        assert talk(server, ASKS, b"body") == (MESSAGE[:-2], False)


def test_a_step_behind_the_body_waits_for_it():
    with Server([steps.hang_up(MESSAGE)]) as server, socket.create_connection(server.address, TIMEOUT) as plain:
        plain.sendall(ASKS)
        plain.settimeout(0.2)
        with pytest.raises(TimeoutError):
            plain.recv(1)
        plain.sendall(b"body")
        assert plain.recv(65536) == MESSAGE


def test_requests_are_recorded_whole():
    with Server([steps.answer(WHOLE), steps.answer()]) as server:
        first, reset = talk(server, ASKS + b"bodyGET /v1/x?y=%20 HTTP/1.1\r\na: 1\r\nA: 2\r\n\r\n" + ASKS + b"more")
        assert not reset and first.startswith(MESSAGE) and b"599 the script has ended" in first
    post, get, more = server.requests
    assert (post.method, post.path, post.body, post.value("content-length")) == ("POST", "/", b"body", "4")
    assert (get.path, get.query, get.headers, get.values("A")) == \
        ("/v1/x", "y=%20", [("a", "1"), ("A", "2")], ["1", "2"])
    assert more.body == b"more"
    with pytest.raises(AssertionError):
        get.value("a")


def test_a_function_is_a_script():
    with Server(lambda request: steps.answer(request.path)) as server:
        assert [curl(f"{server.url}/{name}").stdout for name in "ab"] == [b"/a", b"/b"]


def test_what_a_client_took_is_counted():
    """It is told that there is more, and goes away."""
    piece = b"0" * 65536
    with Server([steps.flood(steps.head(), piece, 1024)]) as server:
        with socket.create_connection(server.address, TIMEOUT) as plain:
            plain.sendall(ASKS + b"body")
            plain.recv(65536)
    assert 0 < server.sent < 512 * len(piece)


def test_nobody_is_there():
    with Server(listens=False) as refuses, Server(full=True) as silent:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(refuses.address, SECONDS)
        with pytest.raises(TimeoutError):
            socket.create_connection(silent.address, SECONDS)


def test_a_unix_socket(folder):
    path = folder / "socket"
    with Server([steps.answer(WHOLE)], path=path) as server, socket.socket(socket.AF_UNIX) as plain:
        plain.connect(str(path))
        plain.sendall(ASKS + b"body")
        assert plain.recv(65536) == MESSAGE and server.url == f"unix://{path}"


def test_a_tunnel(certificates):
    """What passes it is the client's and the server's."""
    with Server([steps.answer(WHOLE)], tls=certificates.server("good")) as server, Server([steps.tunnel()]) as proxy:
        with socket.create_connection(proxy.address, TIMEOUT) as plain:
            plain.sendall(f"CONNECT {server.authority} HTTP/1.1\r\n\r\n".encode())
            assert plain.recv(65536).startswith(b"HTTP/1.1 200 ")
            with trusting(certificates).wrap_socket(plain, server_hostname=LOOPBACK) as secured:
                secured.sendall(ASKS + b"body")
                assert secured.recv(65536) == MESSAGE
    assert [request.target for request in proxy.requests] == [server.authority]


# --- TLS ------------------------------------------------------------------------------------------------------------

def trusting(certificates):
    context = ssl.create_default_context(cafile=certificates.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def handshake(server, context):
    """The reason why it failed; None where it did not. A byte is read, for what TLS 1.3 tells late."""
    with socket.create_connection(server.address, TIMEOUT) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=LOOPBACK) as secured:
                secured.sendall(ASKS + b"body")
                secured.recv(1)
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        except ssl.SSLError as error:
            return error.reason
        except ConnectionError:
            return "reset"
    return None


KINDS = {
    "good": None,
    "tls_1_2": None,
    "of_another_authority": "unable to get local issuer certificate",
    "of_another_name": "IP address mismatch, certificate is not valid for '127.0.0.1'.",
    "expired": "certificate has expired",
    "not_yet_valid": "certificate is not yet valid",
    "self_signed": "self-signed certificate",
    "tls_1_1": "TLSV1_ALERT_PROTOCOL_VERSION",
    "demanding": "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "demanding_tls_1_2": "SSLV3_ALERT_HANDSHAKE_FAILURE",
}


@pytest.mark.filterwarnings("ignore:.*TLSv1_1 is deprecated")
@pytest.mark.parametrize("kind", KINDS)
def test_each_certificate_is_wrong_in_its_own_way(certificates, kind):
    with Server([steps.answer(WHOLE)], tls=certificates.server(kind)) as server:
        assert handshake(server, trusting(certificates)) == KINDS[kind]


@pytest.mark.filterwarnings("ignore:.*TLSv1_1 is deprecated")
def test_tls_1_1_is_spoken_where_a_client_wants_it(certificates):
    """It is the version alone that is wrong with it."""
    context = trusting(certificates)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with Server([steps.answer(WHOLE)], tls=certificates.server("tls_1_1")) as server:
        assert handshake(server, context) is None


def test_a_client_with_a_certificate_is_let_in(certificates):
    context = trusting(certificates)
    context.load_cert_chain(certificates.client, certificates.client_key)
    with Server([steps.answer(WHOLE)], tls=certificates.server("demanding")) as server:
        assert handshake(server, context) is None


def test_a_connection_ends_behind_the_first_words_of_tls(certificates):
    with Server([steps.reset(when=When.HELLO)], tls=certificates.server("good")) as server:
        assert handshake(server, trusting(certificates)) == "reset"
