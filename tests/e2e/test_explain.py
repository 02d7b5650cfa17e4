# SPDX-License-Identifier: MIT
"""keystile explain: one row for each entry, then the winner, then the shadows; never the secret. (design, section
8)"""

import json
import re

import pytest
from stage import (API_KEY, EXIT, EXPLAIN_KEYS, GATEWAY, GATEWAY_TOKEN, SETUP_TOKEN, STEP_KEYS, WINNER_KEYS, debug,
                   entry, fingerprint)

pytestmark = pytest.mark.both_homes

# A stack in which everything happens that can happen to an entry.
LINES = [
    "# a comment",
    entry("env", control="binding", kind="gateway-token"),
    debug("cli", "requisite"),
    debug("api", "[expired=next]", result="expired", source="the drawer", reason="holds an old one",
          remedy="renew it"),
    debug("any", "sufficient", delay="30ms"),
    debug("any", "sufficient", result="denied"),
]


# --- JSON -----------------------------------------------------------------------------------------------------------

def test_json_has_the_documented_keys_and_no_others(stage):
    stage.write(*LINES)
    found = stage.explain("-t", "api")[1]
    assert set(found) == EXPLAIN_KEYS and found["version"] == 1
    assert all(set(step) == STEP_KEYS for step in found["steps"])
    assert set(found["winner"]) == WINNER_KEYS


def test_json_steps_say_what_became_of_each_entry(stage):
    path = stage.write(*LINES, service="ci")
    status, found = stage.explain("-s", "ci", "-t", "api")
    assert (status, found["service"], found["transport"], found["outcome"]) == (0, "ci", "api", "ok")
    rows = [(step["line"], step["transport"], step["control"], step["module"], step["result"], step["action"])
            for step in found["steps"]]
    assert rows == [
        (2, "any", "binding", "env.so", "not-configured", "next"),
        (3, "cli", "requisite", "debug.so", None, "skip"),
        (4, "api", "[expired=next]", "debug.so", "expired", "next"),
        (5, "any", "sufficient", "debug.so", "ok", "done"),
        (6, "any", "sufficient", "debug.so", None, "unreached"),
    ]
    assert all(step["file"] == str(path) for step in found["steps"])


def test_json_steps_say_why_and_what_to_do(stage):
    stage.write(*LINES)
    steps = stage.explain("-t", "api")[1]["steps"]
    assert "ANTHROPIC_AUTH_TOKEN" in steps[0]["reason"] and "ANTHROPIC_AUTH_TOKEN" in steps[0]["remedy"]
    assert "cli" in steps[1]["reason"] and steps[1]["remedy"]
    assert steps[2]["reason"] == "the drawer holds an old one" and steps[2]["remedy"] == "renew it"


@pytest.mark.no_memcheck
def test_json_steps_say_how_long_each_took(stage):
    stage.write(*LINES)
    ms = [step["ms"] for step in stage.explain("-t", "api")[1]["steps"]]
    assert all(isinstance(number, (int, float)) and number >= 0 for number in ms)
    assert 30 <= ms[3] < 5000 and ms[0] < ms[3] and ms[4] == 0


def test_json_winner_is_as_get_without_the_secret(stage):
    stage.write(debug(kind="gateway-token", secret=GATEWAY_TOKEN, base_url=GATEWAY, workspace="wrkspc_1",
                      expires_in=3600))
    winner = stage.explain()[1]["winner"]
    credential = stage.json("-t", "any")
    credential["expires_at"] = winner["expires_at"]  # a second may lie between the two
    assert winner == {key: value for key, value in credential.items() if key in WINNER_KEYS}


def test_json_winner_of_a_handle(stage):
    stage.install("login")
    stage.write(entry("login"))
    winner = stage.explain()[1]["winner"]
    assert (winner["kind"], winner["fingerprint"], winner["payer"]) == ("stored-login", None, "subscription")


@pytest.mark.parametrize("result", EXIT)
def test_json_has_no_winner_where_there_is_none(stage, result):
    stage.write(debug(result=result))
    status, found = stage.explain()
    assert (status, found["winner"]) == (EXIT[result], None)
    assert found["outcome"] == ("none" if result == "not-configured" else "failed")


def test_json_on_one_line_and_nothing_else_on_standard_output(stage):
    stage.write(debug(result="denied"))
    result = stage.run("explain", "--json")
    assert result.out.count("\n") == 1 and json.loads(result.out)
    assert result.messages


# --- for people -----------------------------------------------------------------------------------------------------

def test_text_has_a_row_for_each_entry(stage):
    path = stage.write(*LINES)
    result = stage.run("explain", "-t", "api")
    assert (result.status, result.err) == (0, "")
    rows = [line for line in result.out.splitlines() if line.startswith(str(path))]
    patterns = [
        rf"{path}:2 +any +binding +env.so +not-configured +next +\d+\.\d+ +ANTHROPIC_AUTH_TOKEN .*; .*",
        rf"{path}:3 +cli +requisite +debug.so +\S* +skip +\S* +.+; .*",
        rf"{path}:4 +api +\[expired=next\] +debug.so +expired +next +\d+\.\d+ +the drawer holds an old one; renew it",
        rf"{path}:5 +any +sufficient +debug.so +ok +done +\d+\.\d+.*",
        rf"{path}:6 +any +sufficient +debug.so +\S* +unreached.*",
    ]
    assert len(rows) == len(patterns)
    for row, pattern in zip(rows, patterns, strict=True):
        assert re.fullmatch(pattern, row), row


def test_text_names_the_columns(stage):
    stage.write(*LINES)
    (head,) = [line for line in stage.run("explain").out.splitlines() if "CONTROL" in line.upper()]
    words = head.lower().split()
    assert words[1:] == ["transport", "control", "module", "result", "action", "ms", "reason"]


def test_text_shows_the_winner(stage):
    stage.write(debug(secret=API_KEY, base_url=GATEWAY, source="the drawer", expires_in=3600))
    out = stage.run("explain").out
    for pattern in ("kind +api-key", "transport +api", "transports +api, cli", "payer +gateway", "source +the drawer",
                    r"expires +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", f"fingerprint +{fingerprint(API_KEY)}", GATEWAY):
        assert re.search(pattern, out), pattern


def test_text_says_that_nothing_won(stage):
    stage.write(debug(result="not-configured"))
    result = stage.run("explain")
    assert result.status == 1 and "none" in result.out and result.messages


def test_text_of_a_stack_that_cannot_be_opened_is_empty(stage):
    stage.write("nonsense")
    for args in (["explain"], ["explain", "--json"]):
        result = stage.run(*args)
        assert (result.status, result.out) == (78, "") and result.messages


# --- what is asked --------------------------------------------------------------------------------------------------

def test_explain_asks_for_any_by_default(stage):
    stage.write(debug(kind="setup-token", secret=SETUP_TOKEN), debug())
    found = stage.explain()[1]
    assert (found["transport"], found["winner"]["kind"]) == ("any", "setup-token")


@pytest.mark.parametrize("transport", ["api", "cli", "any"])
def test_explain_asks_for_the_transport_that_is_written(stage, transport):
    stage.write(debug())
    found = stage.explain("-t", transport)[1]
    assert found["transport"] == transport
    assert found["winner"]["transport"] == ("cli" if transport == "cli" else "api")


@pytest.mark.parametrize("command, transport", [("claude", "cli"), ("show", "api")])
def test_explain_of_a_command_asks_for_what_exec_would(stage, command, transport):
    stage.shower(command)
    stage.write(debug("cli", kind="setup-token", secret=SETUP_TOKEN), debug("api"))
    found = stage.explain("--", command, "--some", "args")[1]
    assert found["transport"] == found["winner"]["transport"] == transport


def test_explain_of_a_command_grants_its_own_form_of_any_first(stage):
    stage.shower("claude")
    stage.write(debug())
    assert stage.explain("-t", "any", "--", "claude")[1]["winner"]["transport"] == "cli"
    assert stage.explain("-t", "any", "--", "true")[1]["winner"]["transport"] == "api"


def test_explain_of_a_command_does_not_run_it(stage):
    stage.program("show", "touch started")
    stage.write(debug())
    assert stage.run("explain", "--", "show").status == 0
    assert not (stage.work / "started").exists()


def test_explain_looks_for_its_command_first_as_exec_does(stage):
    assert stage.run("explain", "--", "nowhere-to-be-found").status == 127
    assert stage.run("explain", "--", str(stage.bin)).status == 126


@pytest.mark.parametrize("args", [["true"], ["--"], ["true", "--", "true"]])
def test_explain_takes_a_command_only_behind_two_dashes(stage, args):
    stage.write(debug())
    assert stage.run("explain", *args).status == 64


@pytest.mark.parametrize("payer, status", [("api", 0), ("subscription", 1), ("gateway", 1)])
def test_explain_takes_no_other_payer(stage, payer, status):
    stage.write(debug())
    assert stage.explain("-p", payer)[0] == status


def test_explain_takes_handles(stage):
    stage.write(debug(kind="stored-login"))
    assert stage.explain()[1]["winner"]["kind"] == "stored-login"


# --- exit status and output -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("result", EXIT)
def test_explain_exits_as_get_would(stage, result):
    stage.write(debug(result=result))
    assert stage.run("explain").status == stage.get("-t", "any").status == EXIT[result]


@pytest.mark.parametrize("args", [[], ["--json"]])
def test_an_output_that_cannot_be_written_is_70(stage, args):
    stage.write(debug())
    with open("/dev/full", "wb") as full:
        assert stage.run("explain", *args, stdout=full).status == 70


def test_what_a_module_notes_is_told(stage):
    stage.write(debug(log="the drawer sticks"))
    result = stage.run("explain")
    assert result.status == 0 and result.message == "debug.so: the drawer sticks"
