# SPDX-License-Identifier: MIT
"""Applications of every kind, which must not notice that a module runs in a process of its own, and the workers of
those that have many, or lose them. tests/programs/application has them. (design, section 6)
"""

import os
import pathlib
import pty
import signal
import subprocess
import time

import pytest
from stage import API_KEY, BUILD, entry

APPLICATION = BUILD / "tests" / "application"
MODULE = BUILD / "tests" / "process.so"
# For PID 1 of namespaces; /proc is theirs. In a chroot, / is no mount of which the propagation could be changed.
AS_INIT = ["unshare", "--fork", "--pid", "--kill-child", "--mount", "--propagation", "unchanged", "--", "/bin/sh", "-c",
           'mount --make-private /proc && mount -t proc proc /proc && exec "$0" "$@"', APPLICATION]
# Within which a worker is gone once it is of no more use.
END = 1.0
# What tests below start by themselves.
OWN_TESTS = {"hangs-itself", "shows-the-environment"}
ROLES = {
    "ignores-children", "wants-no-zombies", "counts-signals", "waits-for-any-child", "has-no-standard-streams",
    "ends-its-output", "closes-whatever-it-finds", "has-few-descriptors", "has-lost-its-folder", "masks-every-mode",
    "asks-one-context-in-threads", "asks-many-contexts-in-threads", "is-init", "is-subreaper",
    "is-subreaper-that-reaps-all", "forks-before-a-request", "forks-between-requests",
    "leaves-its-descriptors-to-a-child", "becomes-a-daemon", "changes-its-root", "has-more-entries-than-workers",
    "loses-workers", "sets-deadlines", "waits-for-one-that-hangs",
}
NEED_ROOT = {"is-init", "changes-its-root"}


def process(*args, **options):
    return entry("process", *args, at_isolate="process", **options)


@pytest.fixture(autouse=True)
def stacks(stage):
    path = stage.modules / MODULE.name
    path.write_bytes(MODULE.read_bytes())
    stage.write(process())
    stage.write(process(at_timeout="300ms"), service="hurried")
    failing = process(result="not-configured")
    stage.write(failing, failing, process(), service="several")
    stage.write(*[failing] * 19, process(), service="twenty")


def play(stage, role):
    """What the application prints, which must be content."""
    first, *rest = [*AS_INIT, role] if role == "is-init" else [APPLICATION, role]
    result = stage.run(*rest, command=first, timeout=90)
    assert result.err == "" and result.status == 0
    return result.out.splitlines()


@pytest.mark.no_memcheck
@pytest.mark.parametrize("role", [pytest.param(role, marks=pytest.mark.needs_root if role in NEED_ROOT else ())
                                  for role in sorted(ROLES)])
def test_the_application_does_not_notice(stage, role, record_property):
    for line in play(stage, role):
        name, figure = line.split()
        record_property(f"{name}-ms", figure)


def test_every_application_is_played(stage):
    result = stage.run(command=APPLICATION)
    assert result.status == 64 and set(result.out.split()) == ROLES | OWN_TESTS


@pytest.mark.no_memcheck
def test_a_worker_finds_what_its_module_declares_and_what_the_loader_needs(stage):
    """And not the credential, which it is given when it asks. (core/grant.h)"""
    needed = {"LD_LIBRARY_PATH": "/nowhere", "SSL_CERT_DIR": "/certificates", "SSL_CERT_FILE": "/certificate"}
    result = stage.run("shows-the-environment", command=APPLICATION, env={
        **needed, "ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": "https://a.example", "LD_PRELOAD": "",
        "OTHER": "1", "KEYSTILE_TEST_WORD": "environ"})
    assert (result.status, result.err) == (0, "")
    process_line, *variables = result.out.splitlines()
    assert process_line.startswith("process ")
    assert dict(line.split("=", 1) for line in variables) == {**needed, "KEYSTILE_TEST_WORD": "environ"}


# --- a terminal -----------------------------------------------------------------------------------------------------

def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_end(*pids):
    deadline = time.monotonic() + END
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.002)
    assert not any(map(is_alive, pids))


@pytest.fixture
def at_terminal(stage):
    """An application whose terminal this is, waiting for a worker: the terminal, and the three processes."""
    ours, theirs = pty.openpty()
    with stage.popen("--ctty", APPLICATION, "hangs-itself", command="setsid", stdin=theirs, stdout=subprocess.PIPE,
                     stderr=subprocess.PIPE) as application:
        os.close(theirs)
        _, module, _, supervisor = application.stdout.readline().split()
        assert application.stdout.readline() == b"hangs\n"
        yield ours, application, int(module), int(supervisor)
        application.kill()
    os.close(ours)


@pytest.mark.no_memcheck
def test_the_terminal_interrupts_the_application_and_the_worker_ends(at_terminal):
    terminal, application, module, supervisor = at_terminal
    assert os.getsid(application.pid) == application.pid
    assert os.getsid(module) == os.getsid(supervisor) == supervisor
    os.write(terminal, b"\x03")
    assert application.wait(END) == -signal.SIGINT
    wait_for_end(module, supervisor)


@pytest.mark.no_memcheck
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_the_application_and_the_worker_ends(at_terminal, number):
    _, application, module, supervisor = at_terminal
    application.send_signal(number)
    assert application.wait(END) == -number
    wait_for_end(module, supervisor)
