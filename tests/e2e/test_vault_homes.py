# SPDX-License-Identifier: MIT
"""Where vault.so and the libraries that it brings are mapped, and what an application notices of them that has them in
its own process. (design, section 6)"""

import json
import pathlib
import sys

import pytest
from stage import API_KEY, LIBDIR, SCRIPT, entry, fingerprint
from vault_rows import GIVEN, PATH, READ, TOKEN, described
from vault_server import Server

OWN_OPENSSL = pathlib.Path(__file__).parent.parent / "programs" / "own_openssl.py"

LIBRARIES = {"libcurl.so", "libjansson.so", "libssl.so", "vault.so"}
# Nobody listens there: the libraries have to be loaded to find that out.
NOWHERE = "https://127.0.0.1:1"


def mapped(stage, *args, status, **options):
    """What of them the command maps, in all processes that have its environment: a worker has not."""
    stage.install("vault")
    stage.write(entry("vault", addr=NOWHERE, path="ai/claude", auth="none", retries=0, **options))
    log = stage.folder / "mapped"
    result = stage.run(*args, env={"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(log)})
    assert result.status == status
    text = "".join(path.read_text(encoding="utf-8") for path in stage.folder.glob("mapped.*"))
    assert "libc.so" in text
    return {name for name in LIBRARIES if f"/{name}" in text}


COMMANDS = {"get": 75, "explain": 75, "check": 0, "exec": 75}


@pytest.mark.no_memcheck    # which has no worker
@pytest.mark.parametrize("command", COMMANDS)
def test_an_application_maps_no_tls_library(stage, command):
    rest = ["--", "true"] if command == "exec" else []
    assert mapped(stage, command, *rest, status=COMMANDS[command]) == set()


def test_where_the_entry_says_so_it_does(stage):
    assert mapped(stage, "get", status=75, at_isolate="none") == LIBRARIES


def test_an_application_is_left_no_descriptor(stage):
    """One that closes what it does not know would have the next token sent by a socket of its own."""
    stage.install("vault")
    with Server([GIVEN] * 2) as server:
        stage.write(entry("vault", addr=server.url, path=PATH, kv_version=2, at_isolate="none"))
        result = stage.run("descriptors", "open", "resolve", "descriptors", "free", "resolve", "descriptors",
                           command=SCRIPT, env={"VAULT_TOKEN": TOKEN})
    lines = result.out.splitlines()
    assert lines.count(f"resolve: ok: {fingerprint(API_KEY)}") == 2, result.out
    assert len({line for line in lines if line.startswith("descriptors")}) == 1, result.out
    assert len(server.requests) == 2


@pytest.mark.no_sanitizer    # whose runtime has to be in the program, which is Python
def test_an_application_keeps_its_own_openssl(stage, certificates):
    """Its signals, its settings, a connection that it had before and those that it makes: nothing changes by what
    vault.so does in its process, does not get done, and leaves behind when it is closed."""
    with Server(lambda request: GIVEN, tls=certificates.server("good")) as server:
        options = {"path": PATH, "kv_version": 2, "retries": 0, "at_isolate": "none"}
        trusted = {"addr": server.url, "ca_file": certificates.ca}
        stage.write(entry("vault", **trusted, **options), service="trusted")
        stage.write(entry("vault", **trusted | {"ca_file": certificates.other_ca}, **options), service="untrusted")
        stage.write(entry("vault", **trusted | {"addr": NOWHERE}, **options), service="nowhere")
        result = stage.run("-I", OWN_OPENSSL, LIBDIR / "libkeystile.so.1", stage.config, server.authority,
                           certificates.ca, "trusted", "untrusted", "nowhere", "trusted", command=sys.executable,
                           env={"VAULT_TOKEN": TOKEN})
        assert (result.status, result.err) == (0, "")
        steps = [json.loads(line) for line in result.out.splitlines()]
    resolved = [step["resolved"] for step in steps if "resolved" in step]
    assert resolved == [fingerprint(API_KEY), "misconfigured", "unavailable", fingerprint(API_KEY)]
    first = steps[0]["found"]
    assert first["used"] == [200, 200] and first["untrusted"][0] == "CERTIFICATE_VERIFY_FAILED"
    assert [step["found"] for step in steps] == [first] * 9
    assert {described(request) for request in server.requests} == {READ, "GET /of-the-application"}
