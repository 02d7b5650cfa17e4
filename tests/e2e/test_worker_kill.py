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
from stage import (API_KEY, BUILD, OTHER_KEY, SANITIZERS, SCRIPT, TIMEOUT, WORKER, Stage, debug, entry, fingerprint)

pytestmark = pytest.mark.ordinary_user

INTERRUPTED = BUILD / "tests" / "script-interrupted"
OK = f"resolve: ok: {fingerprint(API_KEY)}"
# What a request may take whose worker is killed; a sanitizer's build takes its time to start one.
PROMPT = 2 if SANITIZERS is None else 6
# How long a worker may outlive its caller.
OUTLIVES = 1
DEADLINE = "300ms" if SANITIZERS is None else "1500ms"
LONGER_THAN_THE_DEADLINE = 0.5 if SANITIZERS is None else 2
MOMENT = 0.1
BOUNDARIES_MAX = 100
IDLE = 4  # boundaries until open() has returned
STEP = 3 if SANITIZERS is None else 9  # each takes a deadline
KILLED = {"child": ": error: env.so crashed in its own process (SIGKILL)",
          "supervisor": ": error: env.so was ended together with its supervisor"}
SIGNALS = {"NONE": 0, "KILL": signal.SIGKILL, "STOP": signal.SIGSTOP}


class Place(Stage):
    """A stage with a worker's program of its own, whose processes are told from all others by their name."""

    def __init__(self, folder):
        super().__init__(folder)
        libexec = self.make("libexec")
        self.worker = pathlib.Path(shutil.copy(WORKER, libexec / f"worker-of-{folder.name}"))
        self.worker.chmod(0o755)

    def environment(self, **variables):
        return super().environment(**{"KEYSTILE_TEST_WORKER": str(self.worker), **variables})

    def workers(self):
        """Their process ids, without those that have ended and wait for a parent to see it."""
        found = []
        for process in pathlib.Path("/proc").iterdir():
            if process.name.isdigit():
                try:
                    if (process / "cmdline").read_bytes().split(b"\0")[0] == self.worker.name.encode():
                        found.append(int(process.name))
                except OSError:
                    pass  # it has just ended
        return found

    def ends(self, seconds=OUTLIVES):
        """Whether no worker is left after so many seconds."""
        end = time.monotonic() + seconds
        while self.workers() and time.monotonic() < end:
            time.sleep(0.01)
        return not self.workers()


@pytest.fixture
def place(folder):
    place = Place(folder)
    yield place
    for pid in place.workers():
        os.kill(pid, signal.SIGKILL)


def lay(place, **options):
    """An isolated entry that exchanges frames of nearly every kind, in front of one that must not be reached. Returns
    the environment."""
    key = place.home / "key"
    key.write_text(API_KEY, encoding="utf-8")
    key.chmod(0o600)
    place.write(entry("env", control="binding", at_isolate="process", **options), entry("env", var="LOWER"))
    return {"ANTHROPIC_API_KEY_FILE": str(key), "LOWER": OTHER_KEY}


def order(number, who, name):
    return f"KEYSTILE_INTERRUPT={number} {who} {SIGNALS[name]:d}"


# The first request alone is interrupted.
REQUESTS = ("open", "descriptors", "resolve", f"set={order(0, 'caller', 'NONE')}", "resolve", "resolve", "free", "close",
            "descriptors")
# The end of a context is.
END = ("open", "descriptors", "resolve", "free", "close", "descriptors")


def interrupted(place, env, number, who, name, actions=REQUESTS):
    """Lets it happen, in time and leaving nothing behind. Returns what became of the requests, and whether there is
    such a boundary."""
    start = time.monotonic()
    result = place.run(f"set={order(number, who, name)}", *actions, command=INTERRUPTED, env=env)
    seconds = time.monotonic() - start
    opened, before, *answers, after = result.out.splitlines()
    assert (opened, result.status) == ("open: ok", 0)
    assert after == before, f"descriptors left at {number}"
    assert place.ends(), f"processes left at {number}"
    assert seconds < PROMPT, f"it took {seconds:.1f} s at {number}"
    assert result.err in ("", f"interrupted at {number}\n")
    return answers, result.err != ""


def count_boundaries(place, env, actions=REQUESTS):
    for number in range(1, BOUNDARIES_MAX):
        if not interrupted(place, env, number, "child", "NONE", actions)[1]:
            assert number > 2 * IDLE
            return number - 1
    pytest.fail("more boundaries than there can be")


def without(answers):
    """Which requests did not come to the right credential."""
    return [at for at, answer in enumerate(answers) if answer != OK]


@pytest.mark.parametrize("who", ["child", "supervisor"])
def test_a_worker_is_killed(place, who):
    """That is an error of the request that it works on, and of no other's. One that has nothing to do may be seen to
    have ended before it is asked, or not."""
    env = lay(place)
    last = count_boundaries(place, env)
    for number in range(1, last + 1):
        answers, _ = interrupted(place, env, number, who, "KILL")
        bad = without(answers)
        if IDLE < number < last - 1:
            assert bad == [0], (number, answers)
        else:
            # it opened, or answered, before it was killed
            assert bad in ([0], []) if number <= IDLE else bad in ([1], []), (number, answers)
        assert all(answers[at].startswith("resolve: error: ") and KILLED[who] in answers[at] for at in bad), answers


@pytest.mark.parametrize("who", ["child", "supervisor"])
def test_a_worker_is_stopped(place, who):
    """The deadline ends it. Without its supervisor, the module's own process gives the answer."""
    env = lay(place, at_timeout=DEADLINE)
    last = count_boundaries(place, env)
    for number in range(1, last + 1, STEP):
        answers, _ = interrupted(place, env, number, who, "STOP")
        bad = without(answers)
        if IDLE < number < last - 1:
            assert bad == ([0] if who == "child" else []), (number, answers)
        else:
            assert bad in ([0], [1], []), (number, answers)
        assert all(answers[at].startswith("resolve: unavailable: ") and "its deadline" in answers[at] for at in bad)


@pytest.mark.parametrize("name", ["KILL", "STOP"])
@pytest.mark.parametrize("who", ["child", "supervisor"])
def test_closing_waits_for_no_worker_that_is_gone(place, who, name):
    env = lay(place)
    last = count_boundaries(place, env, END)
    for number in (last - 1, last):
        assert interrupted(place, env, number, who, name, END) == ([OK], True)


# --- the caller -----------------------------------------------------------------------------------------------------

def test_a_caller_is_killed(place):
    env = lay(place)
    for number in range(1, count_boundaries(place, env) + 1):
        result = place.run(f"set={order(number, 'caller', 'KILL')}", *REQUESTS, command=INTERRUPTED, env=env)
        assert (result.status, result.err) == (-signal.SIGKILL, f"interrupted at {number}\n")
        assert place.ends(), f"its worker outlives it at {number}"


@contextlib.contextmanager
def stopped(place, env, number):
    """The application, when it has stopped itself there."""
    actions = (f"set={order(number, 'caller', 'STOP')}", *REQUESTS)
    with place.popen(*actions, command=INTERRUPTED, env=env) as process:
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        yield process
        process.kill()


def test_a_caller_is_killed_that_was_stopped(place):
    env = lay(place)
    for number in range(1, count_boundaries(place, env) + 1):
        with stopped(place, env, number) as process:
            process.kill()
            assert place.ends(), f"its worker outlives it at {number}"


def test_a_caller_goes_on_that_was_stopped(place):
    """Past its deadline, or before that."""
    env = lay(place, at_timeout=DEADLINE)
    for number in range(1, count_boundaries(place, env) + 1, STEP):
        with stopped(place, env, number) as process:
            time.sleep(LONGER_THAN_THE_DEADLINE)
            process.send_signal(signal.SIGCONT)
            out, _ = process.communicate(timeout=TIMEOUT)
        opened, before, first, *later, after = out.decode().splitlines()
        assert (opened, process.returncode, after) == ("open: ok", 0, before)
        assert first == OK or first.startswith("resolve: unavailable: "), (number, first)
        assert later == [OK, OK], number
        assert place.ends(), f"processes left at {number}"


@contextlib.contextmanager
def at_work(place, *actions, env):
    """The application, when its worker runs."""
    with place.popen(*actions, command=SCRIPT, env=env) as process:
        end = time.monotonic() + TIMEOUT
        while len(place.workers()) < 2 and time.monotonic() < end:
            time.sleep(0.01)
        assert len(place.workers()) == 2
        time.sleep(MOMENT)
        yield process
        process.kill()


def supervisor_and_child(place):
    """The two processes of a worker."""
    def parent(pid):
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    pids = place.workers()
    (supervisor,) = [pid for pid in pids if pid in map(parent, pids)]
    (child,) = set(pids) - {supervisor}
    return supervisor, child


@pytest.mark.parametrize("who", ["child", "supervisor"])
def test_a_worker_is_killed_while_a_module_hangs(place, who):
    """It cannot notice itself that it is alone."""
    place.write(debug(at_isolate="process", delay="60s", late="yes"), debug(secret=OTHER_KEY))
    with at_work(place, "open", "resolve", "close", env={}) as process:
        os.kill(supervisor_and_child(place)[who == "child"], signal.SIGKILL)
        out, err = process.communicate(timeout=PROMPT)
        assert place.ends()
    assert (process.returncode, err) == (0, b"")
    assert out.decode().splitlines()[1].startswith("resolve: error: ")


@pytest.mark.parametrize("name", ["KILL", "TERM", "SEGV"])
def test_a_caller_is_killed_while_a_module_hangs(place, name):
    place.write(debug(at_isolate="process", delay="60s", late="yes"))
    with at_work(place, "open", "resolve", env={}) as process:
        process.send_signal(getattr(signal, f"SIG{name}"))
        assert process.wait(TIMEOUT) < 0 or SANITIZERS
        assert place.ends()


def test_a_caller_is_killed_that_leaves_a_child(place):
    """A child of fork has the socket's other end open, and goes on."""
    env = lay(place)
    with at_work(place, "open", "resolve", "fork", "wait", "join", env=env) as process:
        tasks = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        (child,) = map(int, tasks.read_text(encoding="ascii").split())
        links = [os.readlink(link) for link in pathlib.Path(f"/proc/{child}/fd").iterdir()]
        assert any(link.startswith("socket:") for link in links)
        process.kill()
        assert place.ends()
        os.kill(child, 0)


# Calls that one process alone makes on the way to the worker's program: who is killed there, and what comes of it.
ON_THE_WAY = {
    "socketpair": "caller", "clone": "caller", "wait4": "caller",
    "close_range": "program", "setsid": "program", "chdir": "program",
    "exit": "intermediate",
}


@pytest.mark.no_sanitizer  # strace
@pytest.mark.no_memcheck
@pytest.mark.parametrize("call, who", ON_THE_WAY.items())
def test_somebody_is_killed_on_the_way_to_the_program(place, call, who):
    env = lay(place)
    actions = ("open", "descriptors", "resolve", "resolve", "free", "close", "descriptors")
    strace = ["-f", "-qq", "--detach-on=execve", "-o", "/dev/null", "-e", f"trace={call},execve",
              "-e", f"inject={call}:signal=KILL:when=1"]
    start = time.monotonic()
    result = place.run(*strace, SCRIPT, *actions, command="strace", env=env)
    assert time.monotonic() - start < PROMPT
    assert place.ends()
    if who == "caller":
        assert result.status == -signal.SIGKILL
        return
    opened, before, *answers, after = result.out.splitlines()
    assert (result.status, opened, after) == (0, "open: ok", before)
    if who == "program":
        assert all(answer.startswith("resolve: error: ") and " env.so: error: " in answer for answer in answers)
    else:
        assert answers == [OK, OK]
