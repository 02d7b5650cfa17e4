# SPDX-License-Identifier: MIT
"""The program in which a module runs in a process of its own: that it is there and may be trusted, and what is said of
what confines it. (design, sections 6 and 8; keystile-worker(8))"""

import os
import shutil
import socket
import subprocess
import sys

import pytest
from stage import (API_KEY, BUILD, INSTALLED, ROOT, SANITIZERS, SCRIPT, STRANGER, TIMEOUT, WORKER, build_option, debug,
                   entry, fingerprint)

# valgrind knows neither clone(2) as a worker is started by it, nor what confines one
pytestmark = pytest.mark.no_memcheck

MEASURES = ["privileges", "capabilities", "dump", "limits", "memory", "calls", "sockets", "files", "ports", "scope"]
# What the kernel may lack, and a sanitizer's build has no use for.
OPTIONAL = {"files", "ports", "scope"}
# A stack whose second entry must not be reached.
LOWER = debug(secret=API_KEY)
FINGERPRINT = fingerprint(API_KEY)


def isolated(*args, **options):
    return debug(*args, at_isolate="process", **options)


@pytest.fixture
def own_worker(stage):
    """A copy of the program, which a test may spoil."""
    folder = stage.folder / "libexec"
    folder.mkdir(mode=0o755)
    path = folder / WORKER.name
    shutil.copy(WORKER, path)
    path.chmod(0o755)
    return path


def refused(stage, path):
    """What `get` says of a stack that needs the program at `path`."""
    result = stage.get(env={"KEYSTILE_TEST_WORKER": str(path)})
    return result.status, result.messages[0]


def test_check_says_what_confines_an_entry(stage):
    stage.write(entry("env", at_isolate="process"), entry("env"))
    result = stage.run("check", "-v", "default")
    assert (result.status, result.err) == (0, "")
    _, first, *told, second = result.out.splitlines()
    assert "@isolate=process" in first and "@isolate" not in second
    words = {}
    for line in told:
        head, _, rest = line.removeprefix("#").strip().partition(": ")
        words[head] = rest.split(", ")
    assert words.pop("runs in a process of its own")[:4] == MEASURES[:4]
    lacking = set(words.pop("cannot be had here", []))
    assert lacking <= (OPTIONAL | {"memory"} if SANITIZERS else OPTIONAL)
    assert not words


def test_check_says_it_as_json(stage):
    stage.write(entry("env", at_isolate="process"), entry("env"))
    first, second = stage.run("check", "--json", "default").json["services"][0]["entries"]
    assert first["isolated"] and not second["isolated"]
    assert sorted(first["confinement"] + first["lacking"]) == sorted(MEASURES)
    assert {"privileges", "capabilities", "dump", "limits", "calls", "sockets"} <= set(first["confinement"])
    assert second["confinement"] == second["lacking"] == []


def test_modules_says_what_this_kernel_has(stage):
    (module,) = stage.run("modules", "--json", "env").json["modules"]
    assert sorted(module["confinement"] + module["lacking"]) == sorted(MEASURES)
    assert set(module["lacking"]) <= OPTIONAL
    text = stage.run("modules", "env").out
    assert "the caller's process, unless @isolate=process is written" in text
    assert ", ".join(module["confinement"]) in text


def test_a_stack_that_needs_none_does_without_it(stage):
    stage.write(debug())
    assert stage.get(env={"KEYSTILE_TEST_WORKER": "/nonexistent/keystile-worker"}).status == 0


@pytest.mark.parametrize("line", [debug(), debug(control="[expired=next invalid=next]"), debug(log="# no.so"),
                                  debug("api", at_timeout="3s").replace(" ", "\t")])
def test_the_tests_of_both_homes_run_in_both(stage, line):
    """That none agrees with itself: the entry needs the program meanwhile, whatever it looks like."""
    stage.write("# a comment", line)
    with stage.isolated():
        status, message = refused(stage, "/nonexistent/keystile-worker")
    assert status == 78 and "is not installed" in message
    assert stage.get(env={"KEYSTILE_TEST_WORKER": "/nonexistent/keystile-worker"}).status == 0


def test_a_missing_program_is_told_when_the_stack_is_opened(stage):
    path = stage.write(LOWER, isolated())
    status, message = refused(stage, "/nonexistent/keystile-worker")
    assert status == 78
    assert message.startswith(f"{path}:2:") and "is not installed: /nonexistent/keystile-worker" in message
    assert "@isolate=none" in message


def spoil_mode(path):
    path.chmod(0o775)
    return "is writable by"


def spoil_folder(path):
    path.parent.chmod(0o777)
    return "is writable by"


def spoil_owner(path):
    os.chown(path, STRANGER, STRANGER)
    return "owned by"


@pytest.mark.parametrize("spoil", [spoil_mode, spoil_folder, pytest.param(spoil_owner, marks=pytest.mark.needs_root)])
def test_a_program_that_others_could_have_written_is_not_run(stage, own_worker, spoil):
    text = spoil(own_worker)
    stage.write(isolated(), LOWER)
    status, message = refused(stage, own_worker)
    assert status == 78 and text in message and str(own_worker.parent) in message


def test_a_program_that_cannot_be_run_is_an_error(stage, own_worker):
    own_worker.write_bytes(b"no program\n")
    stage.write(isolated(), LOWER)
    status, message = refused(stage, own_worker)
    assert status == 70 and f"{own_worker} cannot be started" in message and "reinstall it" in message


def test_a_program_that_ends_at_once_is_an_error(stage, own_worker):
    own_worker.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    stage.write(isolated(), LOWER)
    status, message = refused(stage, own_worker)
    assert status == 70 and "was ended together with its supervisor" in message


def test_a_program_that_says_nothing_ends_at_the_deadline(stage, own_worker):
    own_worker.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    stage.write(isolated(at_timeout="300ms"))
    status, message = refused(stage, own_worker)
    assert status == 75 and "did not answer before its deadline" in message


def test_a_program_of_another_version_is_an_error(stage, own_worker):
    """A fake: it says the first byte of a frame, and that is not ours."""
    own_worker.write_text("#!/usr/bin/python3\nimport os, time\nos.write(3, bytes([99]) * 12)\ntime.sleep(60)\n",
                          encoding="utf-8")
    stage.write(isolated(), LOWER)
    status, message = refused(stage, own_worker)
    assert status == 70 and "is of another version than this" in message and "start the program again" in message


@pytest.mark.parametrize("args", [[], ["--help"]])
def test_it_cannot_be_started_by_hand(args):
    done = subprocess.run([WORKER, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr == "keystile-worker: Keystile starts it where a module is to run in a process of its own\n"


def test_it_needs_the_kind_of_socket_that_it_is_given():
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, its:
        program = f"import os; os.dup2({its.fileno()}, 3); os.execv({str(WORKER)!r}, ['keystile-worker'])"
        done = subprocess.run([sys.executable, "-c", program], pass_fds=[its.fileno()], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=10)
    assert done.returncode == 64


def test_a_signal_to_its_starter_is_none_to_it():
    """What the starter's terminal sent to all its processes waits, blocked, until the program runs."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    program = ("import os, signal; signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals()); "
               f"os.kill(os.getpid(), signal.SIGTERM); os.dup2({its.fileno()}, 3); "
               f"os.execv({str(WORKER)!r}, ['keystile-worker'])")
    with ours, its, subprocess.Popen([sys.executable, "-c", program], pass_fds=[its.fileno()]) as process:
        its.close()
        ours.shutdown(socket.SHUT_RDWR)
        assert process.wait(TIMEOUT) == 0


def test_it_is_installed_where_the_command_looks(stage):
    path = ROOT / build_option("libexecdir") / WORKER.name
    assert path.stat().st_mode & 0o7777 == 0o755
    config = stage.folder / "installed"
    config.mkdir()
    (config / "default.conf").write_text(entry("env", at_isolate="process") + "\n", encoding="utf-8")
    result = stage.get("--config-dir", str(config), command=INSTALLED, env={"ANTHROPIC_API_KEY": API_KEY})
    assert (result.status, result.out) == (0, API_KEY + "\n")


# --- more entries than workers may be alive -------------------------------------------------------------------------

WORKERS_MAX = 16


@pytest.mark.no_memcheck
def test_one_that_is_retired_does_not_use_up_the_time_of_who_waits(stage):
    """Each of the first hangs in close(), for which a worker has half a second."""
    shutil.copy(BUILD / "tests" / "hostile" / "worker" / "hangs-in-close.so", stage.modules)
    stage.write(*[entry("hangs-in-close", "cli", at_isolate="process")] * WORKERS_MAX,
                isolated(transport="api", at_timeout="350ms" if SANITIZERS is None else "3s"))
    result = stage.run("preload", "resolve", command=SCRIPT)
    assert (result.out.splitlines(), result.err) == (["open: ok", f"resolve: ok: {FINGERPRINT}"], "")


# --- a changed root -------------------------------------------------------------------------------------------------

@pytest.mark.needs_root
@pytest.mark.no_memcheck
def test_no_worker_is_started_from_another_root(worker_stage):
    """One that was started before goes on; when it has ended, none takes its place."""
    stage = worker_stage
    cell = stage.make("cell")
    worker_stage.write(isolated())
    actions = ["open", "resolve", "wait", f"chroot={cell}", "resolve", "wait", "resolve"]
    with stage.popen(*actions, command=SCRIPT, text=True) as process:
        assert [process.stdout.readline() for _ in range(3)] == ["open: ok\n", f"resolve: ok: {FINGERPRINT}\n",
                                                                 "waiting\n"]
        process.stdin.write("\n")
        process.stdin.flush()
        assert [process.stdout.readline() for _ in range(2)] == [f"resolve: ok: {FINGERPRINT}\n", "waiting\n"]
        stage.workers.kill()
        assert not stage.workers.outlive()
        out, err = process.communicate("\n", TIMEOUT)
    assert out.startswith("resolve: error: ") and "/ is not what it was" in out and err == ""
