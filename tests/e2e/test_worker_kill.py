# SPDX-License-Identifier: MIT
"""SIGKILL and SIGSTOP at every boundary between two frames of a worker's: of the caller, of the supervisor, and of the
process in which the module runs. No other credential comes out, nobody waits for long, nothing is left, and the next
request is served. (design, section 6)

tests/support/interrupt.c sends the signals, out of the application itself.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import time

import pytest
from stage import API_KEY, BUILD, OTHER_KEY, SANITIZERS, SCRIPT, TIMEOUT, debug, entry, fingerprint
from workers import patience

# valgrind knows no clone(2) by which a worker is started
pytestmark = [pytest.mark.ordinary_user, pytest.mark.no_memcheck]

INTERRUPTED = BUILD / "tests" / "script-interrupted"
HANGING = BUILD / "tests" / "hostile" / "worker" / "hangs-in-resolve.so"
OK = f"resolve: ok: {fingerprint(API_KEY)}"
# What a request may take whose worker is killed; a sanitizer's build takes its time to start one.
PROMPT = 2 if SANITIZERS is None else 6
DEADLINE = "500ms" if SANITIZERS is None else "1500ms"
LONGER_THAN_THE_DEADLINE = 0.8 if SANITIZERS is None else 2
BOUNDARIES_MAX = 100
IDLE = 6  # boundaries until open() has returned
STEP = 3 if SANITIZERS is None else 9  # each takes a deadline
KILLED = {"child": ": error: env.so crashed in its own process (SIGKILL)",
          "supervisor": ": error: env.so was ended together with its supervisor"}
SIGNALS = {"NONE": 0, "KILL": signal.SIGKILL, "STOP": signal.SIGSTOP}


@pytest.fixture
def stage(worker_stage):
    return worker_stage


def lay(stage, **options):
    """An isolated entry that exchanges frames of nearly every kind, in front of one that must not be reached. Returns
    the environment."""
    key = stage.home / "key"
    key.write_text(API_KEY, encoding="utf-8")
    key.chmod(0o600)
    stage.write(entry("env", control="binding", at_isolate="process", **options), entry("env", var="LOWER"))
    return {"ANTHROPIC_API_KEY_FILE": str(key), "LOWER": OTHER_KEY}


def order(number, who, name):
    return f"KEYSTILE_INTERRUPT={number} {who} {SIGNALS[name]:d}"


# The first request alone is interrupted.
REQUESTS = ("open", "descriptors", "resolve", f"set={order(0, 'caller', 'NONE')}", "resolve", "resolve", "free", "close",
            "descriptors")
# The end of a context is.
END = ("open", "descriptors", "resolve", "free", "close", "descriptors")


def interrupted(stage, env, number, who, name, actions=REQUESTS):
    """Lets it happen, in time and leaving nothing behind. Returns what became of the requests, and whether there is
    such a boundary."""
    start = time.monotonic()
    result = stage.run(f"set={order(number, who, name)}", *actions, command=INTERRUPTED, env=env)
    seconds = time.monotonic() - start
    opened, before, *answers, after = result.out.splitlines()
    assert (opened, result.status) == ("open: ok", 0)
    assert after == before, f"descriptors left at {number}"
    assert not stage.workers.outlive(), f"processes left at {number}"
    assert seconds < PROMPT * patience(), f"it took {seconds:.1f} s at {number}"
    assert result.err in ("", f"interrupted at {number}\n")
    return answers, result.err != ""


def count_boundaries(stage, env, actions=REQUESTS):
    for number in range(1, BOUNDARIES_MAX):
        if not interrupted(stage, env, number, "child", "NONE", actions)[1]:
            assert number > 2 * IDLE
            return number - 1
    pytest.fail("more boundaries than there can be")


def without(answers):
    """Which requests did not come to the right credential."""
    return [at for at, answer in enumerate(answers) if answer != OK]


@pytest.mark.parametrize("who", ["child", "supervisor"])
def test_a_worker_is_killed(stage, who):
    """That is an error of the request that it works on, and of no other's. One that has nothing to do may be seen to
    have ended before it is asked, or not."""
    env = lay(stage)
    last = count_boundaries(stage, env)
    for number in range(1, last + 1):
        answers, _ = interrupted(stage, env, number, who, "KILL")
        bad = without(answers)
        if IDLE < number < last - 1:
            assert bad == [0], (number, answers)
        else:
            # it opened, or answered, before it was killed
            assert bad in ([0], []) if number <= IDLE else bad in ([1], []), (number, answers)
        assert all(answers[at].startswith("resolve: error: ") and KILLED[who] in answers[at] for at in bad), answers


@pytest.mark.parametrize("who", ["child", "supervisor"])
def test_a_worker_is_stopped(stage, who):
    """The deadline ends it. Without its supervisor, the module's own process gives the answer."""
    env = lay(stage, at_timeout=DEADLINE)
    last = count_boundaries(stage, env)
    for number in range(1, last + 1, STEP):
        answers, _ = interrupted(stage, env, number, who, "STOP")
        bad = without(answers)
        if IDLE < number < last - 1:
            assert bad == ([0] if who == "child" else []), (number, answers)
        else:
            assert bad in ([0], [1], []), (number, answers)
        assert all(answers[at].startswith("resolve: unavailable: ") and "its deadline" in answers[at] for at in bad)


@pytest.mark.parametrize("name", ["KILL", "STOP"])
@pytest.mark.parametrize("who", ["child", "supervisor"])
def test_closing_waits_for_no_worker_that_is_gone(stage, who, name):
    env = lay(stage)
    last = count_boundaries(stage, env, END)
    for number in (last - 1, last):
        assert interrupted(stage, env, number, who, name, END) == ([OK], True)


# --- the caller -----------------------------------------------------------------------------------------------------

def test_a_caller_is_killed(stage):
    env = lay(stage)
    for number in range(1, count_boundaries(stage, env) + 1):
        result = stage.run(f"set={order(number, 'caller', 'KILL')}", *REQUESTS, command=INTERRUPTED, env=env)
        assert (result.status, result.err) == (-signal.SIGKILL, f"interrupted at {number}\n")
        assert not stage.workers.outlive(), f"its worker outlives it at {number}"


@contextlib.contextmanager
def stopped(stage, env, number):
    """The application, when it has stopped itself there."""
    actions = (f"set={order(number, 'caller', 'STOP')}", *REQUESTS)
    with stage.popen(*actions, command=INTERRUPTED, env=env) as process:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        yield process
        process.kill()


def test_a_caller_is_killed_that_was_stopped(stage):
    env = lay(stage)
    for number in range(1, count_boundaries(stage, env) + 1):
        with stopped(stage, env, number) as process:
            process.kill()
            assert not stage.workers.outlive(), f"its worker outlives it at {number}"


def test_a_caller_goes_on_that_was_stopped(stage):
    """Past its deadline, or before that."""
    env = lay(stage, at_timeout=DEADLINE)
    for number in range(1, count_boundaries(stage, env) + 1, STEP):
        with stopped(stage, env, number) as process:
            time.sleep(LONGER_THAN_THE_DEADLINE)
            process.send_signal(signal.SIGCONT)
            out, _ = process.communicate(timeout=TIMEOUT)
        opened, before, first, *later, after = out.decode().splitlines()
        assert (opened, process.returncode, after) == ("open: ok", 0, before)
        assert first == OK or first.startswith("resolve: unavailable: "), (number, first)
        assert later == [OK, OK], number
        assert not stage.workers.outlive(), f"processes left at {number}"


def lay_what_hangs(stage):
    """A module that computes without an end, and blocks signals."""
    shutil.copy(HANGING, stage.modules)
    stage.write(entry("hangs-in-resolve", at_isolate="process", at_timeout="60s"), debug(secret=OTHER_KEY))


@pytest.mark.parametrize("who", ["child", "supervisor"])
def test_a_worker_is_killed_while_a_module_hangs(stage, who):
    """It cannot notice itself that it is alone."""
    lay_what_hangs(stage)
    with stage.at_work("open", "resolve", "close", env={}) as process:
        os.kill(stage.workers.supervisor_and_child()[who == "child"], signal.SIGKILL)
        out, err = process.communicate(timeout=PROMPT * patience())
        assert not stage.workers.outlive()
    assert (process.returncode, err) == (0, b"")
    assert out.decode().splitlines()[1].startswith("resolve: error: ")


@pytest.mark.parametrize("name", ["KILL", "TERM", "SEGV"])
def test_a_caller_is_killed_while_a_module_hangs(stage, name):
    lay_what_hangs(stage)
    with stage.at_work("open", "resolve", env={}) as process:
        process.send_signal(getattr(signal, f"SIG{name}"))
        assert process.wait(TIMEOUT) < 0 or SANITIZERS
        assert not stage.workers.outlive()


def test_a_caller_is_killed_that_leaves_a_child(stage):
    """A child of fork has the socket's other end open, and goes on."""
    env = lay(stage)
    with stage.at_work("open", "resolve", "fork", "wait", "join", env=env) as process:
        tasks = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        (child,) = map(int, tasks.read_text(encoding="ascii").split())
        links = [os.readlink(link) for link in pathlib.Path(f"/proc/{child}/fd").iterdir()]
        assert any(link.startswith("socket:") for link in links)
        process.kill()
        assert not stage.workers.outlive()
        os.kill(child, 0)


# Calls that one process alone makes on the way to the worker's program: who is killed there, and what comes of it.
ON_THE_WAY = {
    "socketpair": "caller", "clone": "caller", "wait4": "caller",
    "close_range": "program", "setsid": "program", "chdir": "program",
    "exit": "intermediate",
}


@pytest.mark.no_sanitizer  # strace
@pytest.mark.parametrize("call, who", ON_THE_WAY.items())
def test_somebody_is_killed_on_the_way_to_the_program(stage, call, who):
    env = lay(stage)
    actions = ("open", "descriptors", "resolve", "resolve", "free", "close", "descriptors")
    strace = ["-f", "-qq", "--detach-on=execve", "-o", "/dev/null", "-e", f"trace={call},execve",
              "-e", f"inject={call}:signal=KILL:when=1"]
    start = time.monotonic()
    result = stage.run(*strace, SCRIPT, *actions, command="strace", env=env)
    assert time.monotonic() - start < PROMPT * patience()
    assert not stage.workers.outlive()
    if who == "caller":
        assert result.status == -signal.SIGKILL
        return
    opened, before, *answers, after = result.out.splitlines()
    assert (result.status, opened, after) == (0, "open: ok", before)
    if who == "program":
        assert all(answer.startswith("resolve: error: ") and " env.so: error: " in answer for answer in answers)
    else:
        assert answers == [OK, OK]
