# SPDX-License-Identifier: MIT
"""Ten thousand requests of one process to a module that misbehaves by chance, in a process of its own.

Each answer is that of its own request, or an error with its reason; and at the end nothing is left of any of it: no
descriptor, process, memory or file. (design, section 6)
"""

import random
import shutil

import pytest
from stage import BUILD, CANARY, SANITIZERS, entry
from workers import Workers

RESOLVES = BUILD / "tests" / "resolves"
MODULE = BUILD / "tests" / "hostile" / "worker" / "random.so"
COUNT = 10000
# A run takes a tenth of it, and with the sanitizers a third.
TIMEOUT = 120
LATE_MS = 2000
RESULTS = {"ok", "not-configured", "expired", "invalid", "unavailable", "denied", "error"}
# What comes of its whims, each of which a run is too long to miss.
REASONS = ["crashed in its own process (SIGSEGV)", "crashed in its own process (SIGABRT)",
           "ended the process it runs in", "its process sent what is no answer",
           "did not answer before its deadline", "it delivered after it had answered",
           "it returned ok and delivered nothing", "has a whim; ask again",
           "the worker cannot read the system's own files"]
# What may come and go by libc's own habits: less than a block for each request that fails.
SLACK_BYTES, SLACK_MAPPINGS, SLACK_RESIDENT = 8 * 1024, 4, 2 * 1024 * 1024

# Valgrind knows no clone(2) but for threads and fork.
pytestmark = pytest.mark.no_memcheck


def take(out):
    """The answers by result, the reasons with their counts, and the numbers by their name."""
    answers, reasons, rest = {}, [], {}
    for line in out.splitlines():
        name, text = line.split(": ", 1)
        if name == "answers":
            result, count = text.split(": ")
            answers[result] = int(count)
        elif name == "reasons":
            count, message = text.split(": ", 1)
            reasons.append((int(count), message))
        else:
            rest[name] = text.split()
    return answers, reasons, rest


def grew(pair):
    before, after = map(int, pair)
    return after - before


@pytest.mark.parametrize("threads", [1, 8])
def test_of_ten_thousand_requests_nothing_is_left(stage, threads, record_property):
    seed = random.randrange(10 ** 6)
    record_property("seed", seed)
    workers = Workers(stage.folder)
    shutil.copy(MODULE, stage.modules)
    stage.write(*(entry("random", transport, at_isolate="process", at_timeout="10m", seed=seed + number)
                  for number, transport in enumerate(("api", "cli"))))
    temporary = stage.make("temporary")
    before = sorted(stage.folder.rglob("*"))
    result = stage.run(str(COUNT), str(threads), command=RESOLVES, timeout=TIMEOUT,
                       env={**workers.variables, "TMPDIR": str(temporary)})
    assert (result.status, result.err) == (0, "") and CANARY not in result.out
    answers, reasons, rest = take(result.out)
    for name, count in (*answers.items(), ("milliseconds after the deadline", rest["latest"][0])):
        record_property(name, count)
    assert rest["wrong"] == ["0"] and rest["bad"] == ["0"]
    assert set(answers) == RESULTS and sum(answers.values()) == COUNT and answers["ok"] > COUNT / 2
    assert [text for text in REASONS if not any(text in message for _, message in reasons)] == []
    assert int(rest["latest"][0]) <= LATE_MS
    assert grew(rest["descriptors"]) == grew(rest["secret memory"]) == 0 and rest["children"] == ["none"]
    assert grew(rest["memory"]) <= SLACK_BYTES and grew(rest["mappings"]) <= SLACK_MAPPINGS
    # of memory that was freed, AddressSanitizer keeps some
    assert SANITIZERS or grew(rest["resident"]) <= SLACK_RESIDENT
    assert workers.outlive() == []
    assert sorted(stage.folder.rglob("*")) == before
