# SPDX-License-Identifier: MIT
"""An outage never changes identity: what a stack does where Vault does not answer, what says why, and when it ends.
What stops every stack is a fault of ours. (design, sections 3, 4 and 7)"""

import contextlib
import dataclasses
import os
import socket
import sys
import time

import netns
import pytest
import trustme
from audit import INFO, WARNING, lines, listening
from bao import Bao
from folders import short_folder
from places import Place
from stage import API_KEY, INSTALLED, OTHER_KEY, debug, entry, fingerprint

# valgrind knows no clone(2) by which a worker is started, and a deadline of a second is none for it
pytestmark = pytest.mark.no_memcheck

# What the core says where a busy machine has the module's own word come too late.
LATE = "its deadline"
# Where the later entry is not to be tried, it would deliver this.
LATER = debug(secret=OTHER_KEY)
UNAVAILABLE, MISCONFIGURED = 75, 78
# So long an entry may take; and what a run takes on a busy machine, beside that.
DEADLINE = "1s"
SLACK_SECONDS = 10
LONG = "10m"
PATH = "ai/claude"


# --- what an outage is ----------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Outage:
    """The options that lead there, and a word of the reason."""
    options: dict
    word: str


@contextlib.contextmanager
def at_port(listens=True, backlog=None):
    """A port of our own, where nobody answers: the address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if listens:
            listener.listen(*() if backlog is None else (backlog,))
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


@contextlib.contextmanager
def refused():
    with at_port(listens=False) as address:
        yield Outage({"addr": address}, "refused")


@contextlib.contextmanager
def silent():
    """A connection comes about, and nobody says a word."""
    with at_port() as address:
        yield Outage({"addr": address}, "in time")


@contextlib.contextmanager
def unreachable():
    """No connection comes about, and nobody says so: the queue for them is full."""
    with at_port(backlog=0) as address, contextlib.ExitStack() as stack:
        host, port = address.removeprefix("https://").split(":")
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((host, int(port)))
        yield Outage({"addr": address}, "in time")


@contextlib.contextmanager
def gone_socket():
    """Of an Agent that is down."""
    with short_folder() as folder:
        yield Outage({"addr": f"unix://{folder}/agent.sock"}, "No such file")


@contextlib.contextmanager
def no_token():
    """An Agent that is down has not written it."""
    with refused() as outage, short_folder() as folder:
        yield Outage({**outage.options, "auth": None, "token_file": folder / "token"}, "token")


OUTAGES = {"refused": refused, "silent": silent, "unreachable": unreachable, "gone-socket": gone_socket,
           "no-token": no_token}


@pytest.fixture(scope="module")
def sealed_server():
    """One that nobody unseals."""
    with short_folder() as folder:
        server = Bao(folder)
        server.api.do("PUT", "sys/seal")
        yield server
        server.stop()


@pytest.fixture(params=[*OUTAGES, pytest.param("sealed", marks=pytest.mark.own_vault)])
def outage(request):
    if request.param == "sealed":
        server = request.getfixturevalue("sealed_server")
        yield Outage({"addr": server.address, "ca_file": server.authority}, "sealed")
        return
    with OUTAGES[request.param]() as found:
        yield found


@pytest.fixture
def stage(stage):
    stage.install("vault")
    return stage


@pytest.fixture
def log(stage):
    with listening(stage) as listener:
        yield listener


def into(outage, control="sufficient", **more):
    """One line of a stack that leads into the outage."""
    options = {"path": PATH, "auth": "none", "at_timeout": DEADLINE, **outage.options, **more}
    return entry("vault", "any", control, **{name: value for name, value in options.items() if value is not None})


# --- what a stack does ----------------------------------------------------------------------------------------------

STOPS = ["binding", "requisite", "[default=fail]", "[expired=next]", "[unavailable=fail default=next]"]
GOES_ON = ["sufficient", "[unavailable=next]", "[default=next]", "[unavailable=next default=fail]"]


@pytest.mark.parametrize("control", STOPS)
def test_no_later_entry_is_tried(stage, log, outage, control):
    stage.write(into(outage, control), LATER)
    status, found = stage.explain()
    first, later = found["steps"]
    assert (status, found["outcome"], found["winner"]) == (UNAVAILABLE, "failed", None)
    assert (first["result"], first["action"]) == ("unavailable", "fail")
    assert (outage.word in first["reason"] or LATE in first["reason"]) and first["remedy"]
    assert (later["result"], later["action"]) == (None, "unreached")
    (line,) = lines(log)
    assert (line.fields["outcome"], line.entries, line.severity) == ("failed", ["unavailable"], WARNING)
    assert "fingerprint" not in line.fields


@pytest.mark.parametrize("control", GOES_ON)
def test_the_next_entry_is_tried(stage, log, outage, control):
    stage.write(into(outage, control), LATER)
    status, found = stage.explain()
    first, later = found["steps"]
    assert (status, found["outcome"], found["winner"]["fingerprint"]) == (0, "ok", fingerprint(OTHER_KEY))
    assert (first["result"], first["action"]) == ("unavailable", "next")
    assert (outage.word in first["reason"] or LATE in first["reason"]) and first["remedy"]
    assert (later["result"], later["action"]) == ("ok", "done")
    (line,) = lines(log)
    assert (line.fields["outcome"], line.entries, line.severity) == ("ok", ["unavailable", "ok"], INFO)
    assert (line.fields["module"], line.fields["fingerprint"]) == ("debug.so", fingerprint(OTHER_KEY))


@pytest.mark.both_homes
def test_get_ends_with_the_reason(stage, outage):
    stage.write(into(outage, "binding"), LATER)
    result = stage.get()
    assert (result.status, result.out) == (UNAVAILABLE, "")
    told, summary = result.messages
    assert "vault.so: unavailable: " in told and outage.word in told
    assert "unavailable (exit 75)" in summary


def test_exec_starts_nothing(stage, outage):
    stage.write(into(outage, "binding"), LATER)
    stage.program("touches", ": >started")
    assert stage.run("exec", "touches").status == UNAVAILABLE
    assert not (stage.work / "started").exists()


def test_where_nothing_else_is_left_the_outage_is_the_reason(stage, outage):
    stage.write(into(outage), entry("env"))
    result = stage.get()
    assert result.status == UNAVAILABLE
    assert any(outage.word in message for message in result.messages)


# --- a fault of ours stops every stack ------------------------------------------------------------------------------

def absent(stage):
    return {"ca_file": stage.home / "absent.pem"}


def no_certificate(stage):
    path = stage.home / "no.pem"
    path.write_text("no certificate\n", encoding="utf-8")
    return {"ca_file": path}


def absent_folder(stage):
    return {"ca_path": stage.home / "absent"}


def half_a_certificate(stage):
    path = stage.home / "client.pem"
    path.write_text("no certificate\n", encoding="utf-8")
    return {"client_cert": path, "client_key": stage.home / "absent.key"}


FAULTS = {"ca-file-absent": absent, "ca-file-no-certificate": no_certificate, "ca-path-absent": absent_folder,
          "client-key-absent": half_a_certificate}
EVERY_FAULT = pytest.mark.parametrize("fault", FAULTS)
EVERY_CONTROL = pytest.mark.parametrize("control", ["sufficient", "binding", "requisite", "[default=next]",
                                                    "[unavailable=next default=next]"])


def assert_stops(stage, log, word):
    status, found = stage.explain()
    first, later = found["steps"]
    assert (status, found["outcome"], found["winner"]) == (MISCONFIGURED, "failed", None)
    assert (first["result"], first["action"]) == ("misconfigured", "fail")
    assert word in f"{first['reason']} {first['remedy']}"
    assert (later["result"], later["action"]) == (None, "unreached")
    (line,) = lines(log)
    assert (line.fields["outcome"], line.entries, line.severity) == ("failed", ["misconfigured"], WARNING)


@EVERY_FAULT
@EVERY_CONTROL
def test_a_file_of_the_entrys_that_cannot_be_right_stops_every_stack(stage, log, fault, control):
    """Before anybody is asked: nobody would answer either."""
    options = FAULTS[fault](stage)
    with refused() as outage:
        stage.write(into(outage, control, **options), LATER)
        assert_stops(stage, log, str(next(reversed(options.values()))).rpartition("/")[2])


@EVERY_CONTROL
def test_a_certificate_of_another_authority_stops_every_stack(vault, control):
    other = vault.home / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    vault.read(vault.secret(), LATER, control=control, ca_file=other)
    with listening(vault) as log:
        assert_stops(vault, log, "certificate")


@EVERY_CONTROL
def test_a_path_that_does_not_exist_stops_every_stack(vault, control):
    secret = vault.secret()
    token = vault.token_file(vault.tenant.token(vault.tenant.policy(f"{secret.mount}/*")))
    vault.write(vault.entry(f"{secret.mount}/nowhere", control=control, token_file=token), LATER)
    with listening(vault) as log:
        assert_stops(vault, log, "does not exist")


# --- in time --------------------------------------------------------------------------------------------------------

NOBODY_ANSWERS = pytest.mark.parametrize("name", ["silent", "unreachable"])
HOMES = pytest.mark.parametrize("home", ["none", "process"])


@contextlib.contextmanager
def at_most(seconds):
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < seconds + SLACK_SECONDS


@HOMES
@NOBODY_ANSWERS
def test_timeout_of_the_entry_ends_it(stage, name, home):
    with OUTAGES[name]() as outage, at_most(1):
        stage.write(into(outage, "binding", at_isolate=home), LATER)
        assert stage.get().status == UNAVAILABLE


@HOMES
@NOBODY_ANSWERS
@pytest.mark.parametrize("words", [["--timeout", "1s"], ["-f", "helper", "--timeout", "1s"]], ids=["get", "helper"])
def test_timeout_of_the_request_ends_it(stage, name, home, words):
    with OUTAGES[name]() as outage, at_most(1):
        stage.write(into(outage, "binding", at_isolate=home, at_timeout=LONG), LATER)
        assert stage.get(*words).status == UNAVAILABLE


@HOMES
def test_what_is_slow_leaves_time_for_the_next(stage, home):
    with silent() as outage, at_most(1):
        stage.write(into(outage, at_isolate=home), LATER)
        assert stage.get().out == f"{OTHER_KEY}\n"


# --- without a network ----------------------------------------------------------------------------------------------

# For documents alone (RFC 5737), and reserved (RFC 2606).
ELSEWHERE, NAMED = "https://192.0.2.1:8200", "https://vault.example:8200"
# A resolver that hears every question and answers none.
MUTE = ("import os, socket, sys; held = socket.socket(type=socket.SOCK_DGRAM); held.bind(('127.0.0.1', 53)); "
        "held.set_inheritable(True); os.execv(sys.argv[1], sys.argv[1:])")


def dead(folder, address, *words, prefix=(), **options):
    """`get` of the installed command, where there is no network: how it ended, and after how many seconds."""
    line = entry("vault", "any", "binding", path=PATH, auth="none", addr=address, **options)
    place = Place(folder, [line, entry("env")], {})
    resolver = folder / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\n", encoding="utf-8")
    binds = [(resolver, os.path.realpath("/etc/resolv.conf"))] if prefix else []
    argv = [*prefix, INSTALLED, "get", *words]
    with at_most(1 + netns.SETUP_TIMEOUT):
        run = place.run(argv, {"ANTHROPIC_API_KEY": API_KEY}, binds=binds)
    assert (run.timed_out, run.requests, run.stdout) == (False, [], "")
    return run


@HOMES
@pytest.mark.parametrize("words, options", [
    ([], {"at_timeout": "1s"}), (["--timeout", "1s"], {"at_timeout": LONG})], ids=["entry", "request"])
@pytest.mark.parametrize("address, prefix", [
    (ELSEWHERE, []), (NAMED, []), (NAMED, [sys.executable, "-c", MUTE])],
    ids=["no-way-there", "no-resolver", "mute-resolver"])
def test_a_dead_network_ends_in_time(folder, address, prefix, words, options, home):
    run = dead(folder, address, *words, prefix=prefix, at_isolate=home, **options)
    assert run.returncode == UNAVAILABLE, run.stderr
    assert "vault.so: unavailable: " in run.stderr
