# SPDX-License-Identifier: MIT
"""The audit line: what it says, when it is written, and that it never gets in the way (design, section 8)."""

import os
import re
import socket
import time

import pytest
from audit import AUTHPRIV, INFO, WARNING, lines, listening
from stage import (API_KEY, GATEWAY, GATEWAY_TOKEN, OTHER_KEY, SCRIPT, SETUP_TOKEN, debug, entry, fingerprint)

CREDENTIAL_KEYS = ["module", "source", "kind", "transport", "payer", "fingerprint"]


@pytest.fixture
def log(stage):
    with listening(stage) as listener:
        yield listener


# --- what it says ---------------------------------------------------------------------------------------------------

def test_one_line_for_a_run_of_the_command(stage, log):
    stage.write(debug())
    stage.get()
    assert len(lines(log)) == 1


def test_the_ident_is_keystile_and_the_facility_authpriv(stage, log):
    stage.write(debug())
    with stage.popen("get") as process:
        process.communicate(timeout=30)
    (line,) = lines(log)
    assert (line.facility, line.ident_pid) == (AUTHPRIV, process.pid)


def test_a_credential_is_told_with_every_field(stage, log):
    stage.write(entry("env", kind="gateway-token"), debug("cli"), debug(result="expired"), entry("env"), debug(),
                service="ci")
    with stage.popen("get", "-s", "ci", env={"ANTHROPIC_API_KEY": API_KEY}) as process:
        process.communicate(timeout=30)
    (line,) = lines(log)
    told = {key: value for key, value in line.fields.items() if not re.match(r"\d+:", key)}
    assert told == {
        "service": "ci", "uid": str(os.getuid()), "pid": str(process.pid), "command": "get", "outcome": "ok",
        "module": "env.so", "source": "ANTHROPIC_API_KEY", "kind": "api-key", "transport": "api", "payer": "api",
        "fingerprint": fingerprint(API_KEY)}
    assert line.severity == INFO


def test_each_entrys_result_is_told(stage, log):
    stage.write(debug(result="expired"), debug("cli"), debug(result="unavailable"), debug(), debug())
    stage.get()
    (line,) = lines(log)
    assert line.entries == ["expired", "skipped", "unavailable", "ok"]
    assert all("debug.so" in key for key in line.fields if re.match(r"\d+:", key))


@pytest.mark.parametrize("options, expected", [
    ({"kind": "gateway-token", "secret": GATEWAY_TOKEN, "base_url": GATEWAY},
     ("gateway-token", "cli", "gateway", fingerprint(GATEWAY_TOKEN))),
    ({"kind": "setup-token", "secret": SETUP_TOKEN},
     ("setup-token", "cli", "subscription", fingerprint(SETUP_TOKEN))),
    ({"kind": "stored-login"}, ("stored-login", "cli", "subscription", None)),
    ({"kind": "gateway-token", "secret": "gw-CANARY", "base_url": GATEWAY},
     ("gateway-token", "cli", "gateway", None)),
])
def test_kind_transport_payer_and_fingerprint(stage, log, options, expected):
    stage.shower("claude")
    stage.write(debug(**options))
    assert stage.run("exec", "claude", reveals=True).status == 0
    (line,) = lines(log)
    assert tuple(line.fields.get(key) for key in ("kind", "transport", "payer", "fingerprint")) == expected


@pytest.mark.parametrize("args, command", [
    (["get"], "get"), (["get", "-f", "helper"], "get"), (["explain"], "explain"), (["exec", "true"], "true"),
    (["exec", "/bin/true"], "true"),
])
def test_the_command_is_told(stage, log, args, command):
    stage.write(debug())
    assert stage.run(*args, reveals=True).status == 0
    assert lines(log)[0].fields["command"] == command


@pytest.mark.parametrize("result, outcome, severity", [
    ("not-configured", "none", INFO), ("expired", "failed", WARNING), ("denied", "failed", WARNING),
    ("error", "failed", WARNING),
])
def test_a_failure_is_told_without_a_credential(stage, log, result, outcome, severity):
    stage.write(debug(result=result))
    stage.get()
    (line,) = lines(log)
    assert (line.fields["outcome"], line.severity, line.entries) == (outcome, severity, [result])
    assert not set(CREDENTIAL_KEYS) & set(line.fields)


def test_a_source_with_blanks_and_quotes_stays_one_field(stage, log):
    stage.write(debug(source='a "b" c=d \\'))
    stage.get()
    fields = lines(log)[0].fields
    assert fields["kind"] == "api-key" and fields["source"].startswith("a ")
    assert "c" not in fields


def test_a_stack_that_cannot_be_opened_is_no_resolution(stage, log):
    stage.write("nonsense")
    stage.get()
    assert lines(log) == []


def test_check_modules_and_classify_write_nothing(stage, log):
    stage.write(debug())
    for args in (["check"], ["modules"], ["classify"]):
        stage.run(*args, stdin=API_KEY)
    assert lines(log) == []


@pytest.mark.ordinary_user
def test_the_uid_is_the_users(stage, log):
    stage.write(debug())
    assert stage.get().status == 0
    assert lines(log)[0].fields["uid"] == str(os.getuid())


# --- when it is written ---------------------------------------------------------------------------------------------

def script(stage, *actions, **env):
    result = stage.run(*actions, command=SCRIPT, env=env)
    assert result.status == 0
    return result.out


def test_repeats_are_counted_and_told_when_the_context_closes(stage, log):
    stage.write(entry("env"))
    script(stage, "open", *["resolve"] * 5, "close", ANTHROPIC_API_KEY=API_KEY)
    first, last = lines(log)
    assert first.fields["outcome"] == "ok" and "repeats" not in first.fields
    assert last.fields["repeats"] == "4" and last.fields["service"] == "default"
    assert (last.facility, last.entries) == (AUTHPRIV, [])


def test_a_single_resolution_is_told_once(stage, log):
    stage.write(entry("env"))
    script(stage, "open", "resolve", "close", ANTHROPIC_API_KEY=API_KEY)
    assert len(lines(log)) == 1


def test_a_changed_answer_is_told_with_the_count_of_the_one_before(stage, log):
    stage.write(entry("env"))
    script(stage, "open", "resolve", "resolve", "resolve", f"set=ANTHROPIC_API_KEY={OTHER_KEY}", "resolve",
           "set=ANTHROPIC_API_KEY=", "resolve", "close", ANTHROPIC_API_KEY=API_KEY)
    found = lines(log)
    assert [line.fields["outcome"] for line in found] == ["ok", "ok", "none"]
    assert [line.fields.get("repeats") for line in found] == [None, "2", None]
    assert [line.fields.get("fingerprint") for line in found] == [fingerprint(API_KEY), fingerprint(OTHER_KEY), None]


GATEWAY_ENV = {"ANTHROPIC_AUTH_TOKEN": GATEWAY_TOKEN, "ANTHROPIC_BASE_URL": GATEWAY}


@pytest.mark.parametrize("stack, changes, env", [
    # what an entry before the winner said
    ([entry("env", var="FIRST"), debug()], ["set=FIRST=no key"], {}),
    # where it is from
    ([entry("env", var="FIRST"), entry("env")], ["set=FIRST=", f"set=ANTHROPIC_API_KEY={API_KEY}"],
     {"FIRST": API_KEY}),
    # where it may go
    ([entry("env", kind="gateway-token")], [f"set=ANTHROPIC_BASE_URL={GATEWAY}/other"], GATEWAY_ENV),
], ids=["entry", "source", "base URL"])
def test_whatever_an_answer_differs_in_is_told(stage, log, stack, changes, env):
    stage.write(*stack)
    script(stage, "open", "resolve", *changes, "resolve", "close", **env)
    assert [line.fields["outcome"] for line in lines(log)] == ["ok", "ok"]


def test_another_transport_is_another_answer(stage, log):
    stage.write(debug())
    script(stage, "open", "resolve=api", "resolve=cli", "resolve=cli", "close")
    assert [line.fields.get("transport") for line in lines(log)] == ["api", "cli", None]


def test_changes_that_lie_eight_entries_apart_are_told(stage, log):
    """They are the last bytes of words of the digest, which plain FNV lets cancel each other out: these ones do."""
    stage.write(*(entry("env", var=f"V{i // 8}") if i % 8 == 7 else debug("cli") for i in range(40)))
    answers = [(0, 1, 0, 1, 0), (1, 0, 1, 1, 1)]
    actions = [[f"set=V{i}={'no key' if bit else ''}" for i, bit in enumerate(bits)] + ["resolve"] for bits in answers]
    script(stage, "open", *actions[0], *actions[1], "close")
    found = lines(log)
    assert [["not-configured", "invalid"].index(result) for line in found for result in line.entries[7::8]] == [
        bit for bits in answers for bit in bits]


def test_a_child_does_not_tell_what_its_parent_counted(stage, log):
    stage.write(entry("env"))
    script(stage, "open", "resolve", "resolve", "fork", "close", "join", "resolve", "close",
           ANTHROPIC_API_KEY=API_KEY)
    assert [line.fields.get("repeats") for line in lines(log)] == [None, "2"]


def test_each_context_tells_its_first_resolution(stage, log):
    stage.write(entry("env"))
    script(stage, "open", "resolve", "close", "open", "resolve", "close", ANTHROPIC_API_KEY=API_KEY)
    assert len(lines(log)) == 2


def test_a_hot_loop_is_no_flood(stage, log):
    stage.write(entry("env"))
    script(stage, "open", *["resolve"] * 500, *["threads=8"] * 10, "close", ANTHROPIC_API_KEY=API_KEY)
    found = lines(log)
    assert len(found) == 2 and found[1].fields["repeats"] == str(500 + 80 - 1)


# --- it never gets in the way ---------------------------------------------------------------------------------------

def test_without_a_log_the_command_works(stage):
    stage.write(debug())
    result = stage.get()
    assert (result.status, result.err) == (0, "")


def test_a_log_that_nobody_reads_does_not_hold_anything_up(stage, log):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.connect(str(stage.log))
        with pytest.raises(BlockingIOError):
            while True:
                sender.send(b"x")
    stage.write(debug())
    begin = time.monotonic()
    result = stage.get()
    assert (result.status, result.err) == (0, "")
    assert time.monotonic() - begin < 5


def test_a_line_that_cannot_be_written_is_counted(stage, log):
    stage.write(entry("env"))
    script(stage, "open", "resolve", "resolve", f"set=KEYSTILE_TEST_LOG={stage.log}",
           f"set=ANTHROPIC_API_KEY={OTHER_KEY}", "resolve", "set=ANTHROPIC_API_KEY=", "resolve", "close",
           ANTHROPIC_API_KEY=API_KEY, KEYSTILE_TEST_LOG=str(stage.folder / "nowhere"))
    first, second = lines(log)
    assert (first.fields["lost"], first.fields["repeats"]) == ("1", "1")
    assert first.fields["fingerprint"] == fingerprint(OTHER_KEY)
    assert "lost" not in second.fields


def test_a_path_that_is_no_socket_does_no_harm(stage):
    stage.log.write_text("mine\n", encoding="utf-8")
    stage.write(debug())
    assert stage.get().status == 0
    assert stage.log.read_text(encoding="utf-8") == "mine\n"
