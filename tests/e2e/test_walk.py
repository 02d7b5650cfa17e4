# SPDX-License-Identifier: MIT
"""The walk: what each control word does after each result, what a whole request comes to, and when it is too late.

The tables are written by hand from the design (sections 3 and 4), not taken from the code.
"""

import itertools
import time

import pytest
from stage import API_KEY, EXIT, FEDERATED_TOKEN, OTHER_KEY, SETUP_TOKEN, debug, entry

pytestmark = pytest.mark.both_homes

# What happens after: not-configured, expired, invalid, unavailable, denied, misconfigured, error.
# n: the walk goes on (next); F: it stops (fail).
RESULTS = ["not-configured", "expired", "invalid", "unavailable", "denied", "misconfigured", "error"]
CONTROLS = {
    "sufficient": "nnnnnFF",
    "binding": "nFFFFFF",
    "requisite": "FFFFFFF",
    "[unavailable=next expired=next]": "FnFnFFF",
    "[not-configured=next]": "nFFFFFF",
    "[invalid=next]": "FFnFFFF",
    "[denied=next]": "FFFFnFF",
    "[expired=next]": "FnFFFFF",
    "[unavailable=next]": "FFFnFFF",
    "[default=next]": "nnnnnFF",
    "[default=fail]": "FFFFFFF",
    "[denied=fail]": "FFFFFFF",
    "[default=next denied=fail]": "nnnnFFF",
    "[denied=fail default=next]": "nnnnFFF",
    "[default=fail not-configured=next]": "nFFFFFF",
    "[default=next misconfigured=fail error=fail]": "nnnnnFF",
    "[not-configured=next expired=next invalid=next unavailable=next denied=next]": "nnnnnFF",
}
CASES = [(control, result, column) for control, columns in CONTROLS.items()
         for result, column in zip(RESULTS, columns, strict=True)]


@pytest.mark.parametrize("control, result, column", CASES)
def test_control_after_result(stage, control, result, column):
    stage.write(debug(control=control, result=result), debug(secret=OTHER_KEY))
    status, found = stage.explain()
    first, second = found["steps"]
    assert (first["control"], first["result"]) == (control, result)
    if column == "n":
        assert (first["action"], second["action"]) == ("next", "done")
        assert (status, found["outcome"]) == (0, "ok")
    else:
        assert (first["action"], second["action"]) == ("fail", "unreached")
        assert status == EXIT[result]
        assert found["outcome"] == ("none" if result == "not-configured" else "failed")


@pytest.mark.parametrize("control", CONTROLS)
def test_ok_ends_every_walk(stage, control):
    stage.write(debug(control=control), debug(secret=OTHER_KEY), debug(result="error"))
    status, found = stage.explain()
    assert (status, [step["action"] for step in found["steps"]]) == (0, ["done", "unreached", "unreached"])
    assert stage.get().out == f"{API_KEY}\n"


@pytest.mark.parametrize("control", ["required", "optional"])
def test_required_and_optional_are_refused_with_the_word_to_use(stage, control):
    stage.write(debug(control=control))
    result = stage.get()
    assert result.status == 78
    assert {"required": "requisite", "optional": "sufficient"}[control] in result.message


@pytest.mark.parametrize("control", [
    "[]", "[ok=next]", "[ok=fail]", "[error=next]", "[misconfigured=next]", "[x=next]", "[2=next]", "[denied=skip]",
    "[denied]", "[denied=next denied=fail]", "[default=next default=fail]", "[denied=next", "Sufficient", "die",
])
def test_other_controls_are_refused(stage, control):
    stage.write(f"any {control} debug.so")
    result = stage.get()
    assert result.status == 78 and "default.conf:1:" in result.messages[0]


# --- the exit status of one entry, and of several -------------------------------------------------------------------

@pytest.mark.parametrize("result, status", [
    ("not-configured", 1), ("expired", 65), ("invalid", 65), ("unavailable", 75), ("denied", 77),
    ("misconfigured", 78), ("error", 70),
])
def test_exit_status_of_each_result(stage, result, status):
    stage.write(debug(result=result))
    assert stage.get().status == status
    assert stage.run("exec", "true").status == status
    assert stage.run("explain").status == status


# Written from section 4: the entry that stopped the walk decides; where that one was merely not configured, or
# nothing stopped it, the most telling one.
MIXED = [
    # nothing stops the walk
    (["sufficient not-configured", "sufficient not-configured"], "not-configured"),
    (["sufficient not-configured", "sufficient expired"], "expired"),
    (["sufficient denied", "sufficient unavailable"], "denied"),
    (["sufficient unavailable", "sufficient denied"], "denied"),
    (["sufficient unavailable", "sufficient invalid"], "unavailable"),
    (["sufficient expired", "sufficient invalid", "sufficient not-configured"], "invalid"),
    (["sufficient expired", "sufficient invalid", "sufficient unavailable", "sufficient denied"], "denied"),
    (["binding not-configured", "sufficient expired", "binding not-configured"], "expired"),
    (["[default=next] denied", "[invalid=next] invalid"], "denied"),
    # an entry stops it
    (["sufficient denied", "binding unavailable"], "unavailable"),
    (["sufficient denied", "binding expired", "sufficient unavailable"], "expired"),
    (["sufficient denied", "requisite invalid"], "invalid"),
    (["sufficient denied", "sufficient misconfigured"], "misconfigured"),
    (["sufficient denied", "sufficient error", "sufficient misconfigured"], "error"),
    (["sufficient misconfigured", "sufficient error"], "misconfigured"),
    (["sufficient unavailable", "[denied=next] expired", "sufficient ok"], "expired"),
    # the entry that stops it was merely not configured
    (["requisite not-configured", "sufficient denied"], "not-configured"),
    (["sufficient denied", "requisite not-configured"], "denied"),
    (["sufficient unavailable", "requisite not-configured", "sufficient ok"], "unavailable"),
    (["sufficient expired", "sufficient invalid", "[denied=next] not-configured", "sufficient ok"], "invalid"),
    (["sufficient not-configured", "requisite not-configured", "sufficient ok"], "not-configured"),
]


@pytest.mark.parametrize("stack, decisive", MIXED, ids=[" | ".join(stack) for stack, _ in MIXED])
def test_mixed_failures(stage, stack, decisive):
    stage.write(*(debug(control=line.rpartition(" ")[0], result=line.rpartition(" ")[2]) for line in stack))
    result = stage.get()
    assert (result.status, result.out) == (EXIT[decisive], "")
    if decisive != "not-configured":
        assert f": debug.so: {decisive}: " in result.messages[0]
        assert decisive in result.messages[-1]


# From the least telling to the most.
TELLING = ["not-configured", "expired", "invalid", "unavailable", "denied"]


@pytest.mark.parametrize("first, second", list(itertools.product(TELLING, repeat=2)))
def test_the_most_telling_failure_decides_where_nothing_stops_the_walk(stage, first, second):
    stage.write(debug(result=first), debug(result=second))
    most = max(first, second, key=TELLING.index)
    result = stage.get()
    assert result.status == EXIT[most]
    status, found = stage.explain()
    assert (status, found["outcome"]) == (EXIT[most], "none" if most == "not-configured" else "failed")


def test_a_success_forgets_what_failed_before(stage):
    stage.write(*(debug(result=result) for result in TELLING), debug())
    result = stage.get()
    assert (result.status, result.out, result.err) == (0, f"{API_KEY}\n", "")


# --- messages -------------------------------------------------------------------------------------------------------

def failing(result, number, **options):
    return debug(result=result, source=f"source{number}", reason=f"reason{number}", remedy=f"remedy{number}",
                 **options)


def test_a_failure_is_told_with_place_source_reason_and_remedy(stage):
    path = stage.write("# a comment", failing("unavailable", 1))
    assert stage.get().messages[0] == f"{path}:2: debug.so: unavailable: source1 reason1; remedy1"


def test_the_deciding_entry_is_told_first_and_a_summary_last(stage):
    path = stage.write(failing("expired", 1), failing("denied", 2), failing("not-configured", 3), service="ci")
    messages = stage.get("-s", "ci").messages
    assert [message.split(": ")[:3] for message in messages[:3]] == [
        [f"{path}:2", "debug.so", "denied"], [f"{path}:1", "debug.so", "expired"],
        [f"{path}:3", "debug.so", "not-configured"]]
    assert "'ci'" in messages[3] and "api" in messages[3] and "denied" in messages[3] and "77" in messages[3]
    assert len(messages) == 4


def test_of_several_with_one_result_the_entry_that_stopped_the_walk_is_told_first(stage):
    path = stage.write(failing("denied", 1), failing("denied", 2, control="binding"))
    assert [message.split(": ")[0] for message in stage.get().messages[:2]] == [f"{path}:2", f"{path}:1"]


def test_of_several_with_one_result_the_first_is_told_first_where_nothing_stopped_the_walk(stage):
    path = stage.write(failing("expired", 1), failing("denied", 2), failing("denied", 3))
    assert [message.split(": ")[0] for message in stage.get().messages[:3]] == [f"{path}:2", f"{path}:1", f"{path}:3"]


def test_an_entry_behind_the_stop_is_not_told(stage):
    stage.write(failing("denied", 1, control="binding"), failing("denied", 2))
    result = stage.get()
    assert result.status == 77 and len(result.messages) == 2
    assert "source1" in result.messages[0] and ":2:" not in result.err


def test_nothing_configured_says_for_each_entry_what_would_have_made_it_work(stage):
    stage.write(entry("env", kind="gateway-token"), entry("env"))
    messages = stage.get().messages
    assert "ANTHROPIC_AUTH_TOKEN" in messages[0] and "export ANTHROPIC_AUTH_TOKEN" in messages[0]
    assert "ANTHROPIC_API_KEY" in messages[1] and "export ANTHROPIC_API_KEY" in messages[1]
    assert "no credential" in messages[2] and "'default'" in messages[2]


def test_a_message_is_one_line_of_printable_text_whatever_a_path_holds(stage):
    result = stage.get("--config-dir", f"{stage.folder}/odd\x1b[31m\nname")
    assert result.status == 78
    assert result.message.isprintable()


# --- skipped entries ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("asked, runs", [
    ("api", {"api": True, "cli": False, "any": True}),
    ("cli", {"api": False, "cli": True, "any": True}),
    ("any", {"api": True, "cli": True, "any": True}),
])
def test_an_entry_for_another_transport_is_skipped(stage, asked, runs):
    stage.write(*(debug(column, control="[default=next]", result="expired") for column in runs))
    steps = stage.explain("-t", asked)[1]["steps"]
    assert [step["action"] == "next" for step in steps] == list(runs.values())
    assert all(step["action"] in ("next", "skip") for step in steps)


def test_an_entry_whose_module_has_not_the_transport_is_skipped(stage):
    stage.install("login")
    stage.write(entry("login"), entry("login", transport="cli"))
    assert [step["action"] for step in stage.explain("-t", "api")[1]["steps"]] == ["skip", "skip"]


def test_an_entry_whose_column_and_module_have_nothing_in_common_is_skipped(stage):
    stage.install("login")
    stage.write(entry("login", transport="api", control="requisite"), debug())
    assert [step["action"] for step in stage.explain()[1]["steps"]] == ["skip", "done"]


@pytest.mark.parametrize("payer, action", [("api", "skip"), ("gateway", "skip"), ("subscription", "done")])
def test_an_entry_whose_kinds_cannot_have_the_payer_is_skipped(stage, payer, action):
    stage.install("login")
    stage.write(entry("login", control="requisite"))
    assert stage.explain("-p", payer)[1]["steps"][0]["action"] == action


@pytest.mark.parametrize("control", ["sufficient", "binding", "requisite", "[default=fail]"])
def test_no_control_word_applies_to_a_skipped_entry(stage, control):
    stage.write(debug("cli", control, result="error"), debug())
    assert stage.get().out == f"{API_KEY}\n"


def test_a_skipped_entry_is_not_run(stage):
    stage.write(debug("cli", delay="20s", at_timeout="20s"), debug())
    begin = time.monotonic()
    assert stage.get().status == 0
    assert time.monotonic() - begin < 5


def test_only_skipped_entries_are_none(stage):
    stage.write(debug("cli", result="denied"), debug("cli"))
    status, found = stage.explain("-t", "api")
    assert (status, found["outcome"], found["winner"]) == (1, "none", None)
    result = stage.get()
    assert result.status == 1 and all("skipped" in message for message in result.messages[:2])


def test_a_kind_that_may_not_travel_as_asked_counts_as_not_configured(stage):
    stage.write(debug(kind="setup-token", secret=SETUP_TOKEN), debug(kind="federated-token", secret=FEDERATED_TOKEN))
    steps = stage.explain("-t", "api")[1]["steps"]
    assert [(step["result"], step["action"]) for step in steps] == [("not-configured", "next"), ("ok", "done")]


# --- deadlines ------------------------------------------------------------------------------------------------------

# What the waits below may take beyond their deadline on a busy machine.
SLACK = 4


def timed(run):
    begin = time.monotonic()
    result = run()
    return result, time.monotonic() - begin


@pytest.mark.both_homes(False)
def test_timeout_of_an_entry_makes_it_unavailable(stage):
    stage.write(debug(delay="1m", at_timeout="200ms"))
    result, seconds = timed(stage.get)
    assert result.status == 75
    assert 0.2 <= seconds < 0.2 + SLACK


@pytest.mark.both_homes(False)
def test_timeout_of_an_entry_leaves_time_for_the_next(stage):
    stage.write(debug(delay="1m", at_timeout="200ms"), debug())
    result, seconds = timed(stage.get)
    assert result.out == f"{API_KEY}\n"
    assert seconds < 0.2 + SLACK


@pytest.mark.both_homes(False)
def test_an_answer_in_time_is_taken(stage):
    stage.write(debug(delay="300ms", at_timeout="10s"))
    result, seconds = timed(stage.get)
    assert result.status == 0 and seconds >= 0.3


@pytest.mark.both_homes(False)
def test_a_late_answer_is_unavailable(stage):
    stage.write(debug(delay="400ms", late="yes", at_timeout="100ms"))
    result = stage.get()
    assert (result.status, result.out) == (75, "")
    assert ": unavailable: " in result.messages[0]


@pytest.mark.both_homes(False)
@pytest.mark.parametrize("args", [["--timeout", "300ms", "get"], ["get", "--timeout", "300ms"],
                                  ["get", "--timeout=300ms"]])
def test_timeout_of_the_request_ends_it(stage, args):
    stage.write(debug(delay="1m", at_timeout="20s"), debug(delay="1m", at_timeout="20s"), debug())
    result, seconds = timed(lambda: stage.run(*args))
    assert result.status == 75
    assert 0.3 <= seconds < 0.3 + SLACK


@pytest.mark.both_homes(False)
def test_timeout_of_the_request_counts_for_explain_and_exec(stage):
    stage.write(debug(delay="1m", at_timeout="20s"))
    for args in (["explain"], ["exec", "true"]):
        result, seconds = timed(lambda: stage.run("--timeout", "200ms", *args))
        assert result.status == 75 and seconds < 0.2 + SLACK


@pytest.mark.both_homes(False)
def test_an_entry_behind_the_deadline_is_unavailable_and_not_run(stage):
    stage.write(debug(delay="1m", at_timeout="20s"), debug(result="denied"))
    status, found = stage.explain("--timeout", "200ms")
    assert status == 75
    assert [step["result"] for step in found["steps"]] == ["unavailable", "unavailable"]


@pytest.mark.both_homes(False)
def test_the_defaults_are_5_s_an_entry_10_s_a_request_and_8_s_for_a_helper(stage):
    stage.write(debug(delay="1m"), service="entry")
    stage.write(debug(delay="1m", at_timeout="1m"), service="request")
    runs = {5: ["-s", "entry"], 10: ["-s", "request"], 8: ["-s", "request", "-f", "helper"]}
    latest = {5: 8, 8: 10, 10: 14}  # 8 must not be taken for 10
    begin = time.monotonic()
    processes = {seconds: stage.popen("get", *args) for seconds, args in runs.items()}
    for seconds, process in sorted(processes.items()):
        process.communicate(timeout=15)
        assert process.returncode == 75
        assert seconds - 0.1 <= time.monotonic() - begin < latest[seconds]


@pytest.mark.parametrize("text", ["0s", "5", "1h", "-1s", "1.5s", "1 s", "s", "01s", ""])
def test_an_ill_formed_duration_is_an_error(stage, text):
    stage.write(debug())
    assert stage.get("--timeout", text).status == 64
    stage.write(f'any sufficient debug.so @timeout="{text}"')
    assert stage.get().status == 78


@pytest.mark.both_homes(False)
@pytest.mark.parametrize("text", ["1ms", "999ms", "3s", "2m"])
def test_a_well_formed_duration_is_accepted(stage, text):
    stage.write(debug(result="denied", at_timeout=text))
    assert stage.get().status in (75, 77) if text == "1ms" else stage.get().status == 77
    assert stage.get("--timeout", text).status in (75, 77)


# --- include --------------------------------------------------------------------------------------------------------

def test_include_inlines_another_stack(stage):
    stage.write(debug(result="expired"), "include common", debug())
    stage.write(debug(result="invalid"), debug(result="not-configured"), service="common")
    steps = stage.explain()[1]["steps"]
    assert [(step["file"].rpartition("/")[2], step["line"], step["result"]) for step in steps] == [
        ("default.conf", 1, "expired"), ("common.conf", 1, "invalid"), ("common.conf", 2, "not-configured"),
        ("default.conf", 3, "ok")]


def test_a_stop_inside_an_include_stops_the_whole_walk(stage):
    stage.write("include common", debug())
    stage.write(debug(control="binding", result="denied"), service="common")
    assert stage.get().status == 77


def test_include_looks_in_the_same_two_directories(stage):
    stage.write("include common")
    stage.write(debug(secret=OTHER_KEY), service="common", place=stage.vendor)
    assert stage.get().out == f"{OTHER_KEY}\n"
    stage.write(debug(), service="common")
    assert stage.get().out == f"{API_KEY}\n"


@pytest.mark.parametrize("line", ["include nowhere", "include default", "include", "include a b",
                                  "include ../default"])
def test_an_include_that_cannot_be_is_an_error(stage, line):
    stage.write(debug(), line)
    assert stage.get().status == 78
