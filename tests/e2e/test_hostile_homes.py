# SPDX-License-Identifier: MIT
"""The modules of test_hostile.py in the other home, a process of their own.

The caller comes to the same results as in its own process, and nothing in that changes. (design, section 6)
"""

import pytest
from stage import EXIT, debug, entry
from test_hostile import LOWER, ROWS, comes_to, install, is_printable, stops_every_stack, witness
from workers import Workers, changes_of_caller

# Those that want to change what the process is, and give up where they may not: what confines a worker refuses it.
REFUSED = ["changes-death-signal", "changes-directory", "changes-dumpable", "changes-groups", "changes-limit",
           "changes-namespace", "changes-niceness", "changes-no-new-privs", "changes-personality",
           "changes-process-group", "changes-root", "changes-user", "leaves-child", "leaves-timer"]
OTHERS = {name: ROWS["failure-without-reason"] for name in REFUSED}

# Valgrind knows no clone(2) but for threads and fork.
pytestmark = pytest.mark.no_memcheck


@pytest.fixture
def workers(stage):
    found = Workers(stage.folder)
    yield found
    assert found.outlive() == []


def names(wanted):
    return [name for name, row in ROWS.items() if wanted(row)]


def write(stage, name):
    row = OTHERS.get(name, ROWS[name])
    install(stage, name)
    return row, stage.write(entry(name, at_isolate="process", **row.options), debug(secret=LOWER))


@pytest.mark.parametrize("name", names(lambda row: row.seen != "note"))
def test_what_comes_of_it(stage, workers, name):
    row, path = write(stage, name)
    report = witness(stage, row.transport, **workers.variables)
    comes_to(report, row, name, path)
    assert changes_of_caller(report) == []


@pytest.mark.parametrize("name", names(lambda row: row.seen == "note"))
def test_what_is_unfit_is_not_loaded(stage, workers, name):
    row, path = write(stage, name)
    report = witness(stage, **workers.variables)
    (opened,) = report.told("open")
    assert opened.startswith(f"misconfigured: {path}:1:16: {name}.so") and row.text in opened
    assert report.told("resolve") == [] and report.changes == []


@pytest.mark.parametrize("name", names(stops_every_stack))
def test_the_command_says_so_in_one_line(stage, workers, name):
    row, path = write(stage, name)
    result = stage.get("-t", row.transport, "-f", "json", env=workers.variables)
    line, *summary = result.messages
    assert result.status == EXIT[row.result] and len(summary) == (row.seen != "note")
    assert line.startswith(f"{path}:1:") and f"{name}.so" in line and row.text in line
    assert is_printable(result.err)


@pytest.mark.parametrize("name", names(lambda row: row.seen != "request"))
def test_check_sees_what_can_be_seen_without_a_request(stage, workers, name):
    row, path = write(stage, name)
    result = stage.run("check", env=workers.variables)
    assert result.status == EXIT[row.result]
    assert result.message.startswith(f"{path}:1:") and row.text in result.message
    assert is_printable(result.err)
