# SPDX-License-Identifier: MIT
"""keystile classify: what a secret can be, without echoing it (design, sections 2 and 8)."""

import os

import pytest
from stage import API_KEY, SETUP_TOKEN, secret

KEYS = {"version", "ok", "name", "length", "kinds", "reason", "remedy"}


def classify(stage, text):
    """The exit status, the object, and the messages. Stage.run() sees to it that nothing is echoed."""
    result = stage.run("classify", "--json", stdin=text)
    assert set(result.json) == KEYS and result.json["version"] == 1
    assert result.json["ok"] == (result.status == 0)
    return result.status, result.json, result.messages


def kinds(found):
    return {kind["kind"]: kind["transports"] for kind in found["kinds"]}


BOTH = ["api", "cli"]


# The table of prefixes, by hand.
@pytest.mark.parametrize("text, expected", [
    (API_KEY, {"api-key": BOTH}),
    ("sk-ant-api03-CANARY", {"api-key": BOTH}),
    ("sk-ant-usr-CANARY", {"api-key": BOTH}),
    ("sk-ant-svc-CANARY", {"api-key": BOTH}),
    (SETUP_TOKEN, {"setup-token": ["cli"], "federated-token": ["api"]}),
    (secret("sk-ant-oat2-", "x"), {"setup-token": ["cli"], "federated-token": ["api"]}),
    ("CANARY-of-a-gateway", {"gateway-token": BOTH, "api-key": BOTH}),
    ("sk-proj-CANARY", {"gateway-token": BOTH, "api-key": BOTH}),
])
def test_kinds_and_transports_by_prefix(stage, text, expected):
    status, found, messages = classify(stage, text)
    assert (status, kinds(found), messages) == (0, expected, [])
    assert (found["length"], found["reason"], found["remedy"]) == (len(text), None, None)


@pytest.mark.parametrize("text, word", [
    ("sk-ant-ort01-CANARY", "refresh token"), ("sk-ant-sid01-CANARY", "session"), ("sk-ant-sid02-CANARY", "session"),
    ("sk-ant-admin01-CANARY", "Admin"), ("sk-ant-api01-CANARY", "admin"),
    ("sk-ant-CANARY", "does not know"), ("sk-ant-api02-CANARY", "does not know"),
    ("sk-ant-oat-CANARY", "does not know"), ("sk-ant-", "does not know"),
])
def test_what_is_of_no_use_is_65_with_the_reason(stage, text, word):
    status, found, messages = classify(stage, text)
    assert (status, found["kinds"]) == (65, [])
    assert word in found["reason"] and word in messages[0] and len(messages) == 1


def test_a_gateways_secret_is_said_to_need_a_base_url(stage):
    found = classify(stage, "CANARY-of-a-gateway")[1]
    assert {kind["bound"] for kind in found["kinds"]} == {"always"}
    assert "URL" in stage.run("classify", stdin="CANARY-of-a-gateway").out


@pytest.mark.parametrize("length", [79, 80, 107])
def test_a_setup_token_under_108_characters_is_called_truncated(stage, length):
    status, found, messages = classify(stage, SETUP_TOKEN[:length])
    assert status == 65
    assert "truncated" in messages[0] and str(length) in messages[0]
    assert "setup-token" in kinds(found)


def test_a_setup_token_of_108_characters_or_more_is_not(stage):
    assert classify(stage, SETUP_TOKEN)[0] == classify(stage, SETUP_TOKEN + "x")[0] == 0


@pytest.mark.parametrize("text, words", [
    (f"{SETUP_TOKEN[:80]}\n{SETUP_TOKEN[80:]}", ["line break", "81"]),
    (f"{API_KEY[:40]}\r\n{API_KEY[40:]}", ["line break", "41"]),
    (f"{API_KEY}\n\n", ["line break"]),
    (f"{API_KEY} ", ["byte", "109"]),
    (f"\t{API_KEY}", ["byte", "1 of"]),
    (f"{API_KEY[:20]}\0{API_KEY[20:]}", ["byte", "21"]),
    (f"{API_KEY[:20]}\u00e9{API_KEY[20:]}", ["byte", "21"]),
    ("", ["empty"]), ("\n", ["empty"]),
    ("sk-ant-api03-CANARY".ljust(16385, "x"), ["16384"]),
])
def test_what_is_wrong_with_its_bytes_is_said_with_the_place(stage, text, words):
    status, _, messages = classify(stage, text)
    assert status == 65 and len(messages) == 1
    assert all(word in messages[0] for word in words), messages


def test_one_newline_at_the_end_is_stripped(stage):
    assert classify(stage, f"{API_KEY}\n")[1] == classify(stage, API_KEY)[1]


def test_the_longest_secret_there_may_be(stage):
    assert classify(stage, "sk-ant-api03-CANARY".ljust(16384, "x"))[0] == 0
    assert classify(stage, "sk-ant-api03-CANARY".ljust(16384, "x") + "\n")[0] == 0


def test_a_flood_on_standard_input_is_refused(stage):
    with open("/dev/zero", "rb") as zero, stage.popen("classify", stdin=zero) as process:
        process.communicate(timeout=30)
    assert process.returncode == 65


@pytest.mark.parametrize("text, status, words", [
    (API_KEY, 0, ["api-key", "api, cli"]),
    (SETUP_TOKEN, 0, ["setup-token", "federated-token", "cli"]),
    ("sk-ant-ort01-CANARY", 65, ["refresh token"]),
])
def test_text_says_it_for_people(stage, text, status, words):
    result = stage.run("classify", stdin=text)
    assert result.status == status
    assert all(word in result.out for word in words)
    assert (result.err == "") == (status == 0)


def test_a_secret_that_is_read_slowly_is_read_whole(stage):
    with stage.popen("classify", "--json") as process:
        for part in (API_KEY[:50], API_KEY[50:]):
            process.stdin.write(part.encode())
            process.stdin.flush()
        assert b'"length":108' in process.communicate(timeout=30)[0]


def test_classify_needs_no_configuration(stage):
    nowhere = str(stage.folder / "nowhere")
    env = {f"KEYSTILE_TEST_{name}": nowhere for name in ("CONFIG", "VENDOR", "MODULES")}
    assert stage.run("classify", stdin=API_KEY, env=env).status == 0


def test_a_closed_standard_input_is_70(stage):
    result = stage.run("classify", preexec_fn=lambda: os.close(0))
    assert result.status == 70 and "standard input" in result.message


def test_an_output_that_cannot_be_written_is_70(stage):
    with open("/dev/full", "wb") as full:
        assert stage.run("classify", stdin=API_KEY, stdout=full).status == 70
