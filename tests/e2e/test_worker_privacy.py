# SPDX-License-Identifier: MIT
"""What others of its user see of a worker, which holds secrets in memory that nobody wipes: nothing. (design,
sections 6 and 7)"""

import json
import pathlib
import resource
import subprocess
import sys

import pytest
from stage import ORDINARY, debug

# valgrind knows no clone(2) by which a worker is started
pytestmark = [pytest.mark.ordinary_user, pytest.mark.no_memcheck]

# Tells what it can do to the processes whose numbers are its arguments, and to a child of its own.
INTRUDER = """
import ctypes, json, os, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE = 0x4206

def refused(attempt):
    try:
        attempt()
    except OSError as error:
        return type(error).__name__
    return None

def attach(pid):
    libc.ptrace.argtypes = [ctypes.c_ulong, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(PTRACE_SEIZE, pid, None, None) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")

def read_memory(pid):
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps:
        start = int(maps.readline().partition("-")[0], 16)
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        memory.seek(start)
        memory.read(1)

ATTEMPTS = {"attach": attach, "memory": read_memory,
            "environment": lambda pid: open(f"/proc/{pid}/environ", "rb").read(),
            "descriptors": lambda pid: os.listdir(f"/proc/{pid}/fd")}
with subprocess.Popen(["sleep", "60"]) as own:
    pids = [own.pid, *map(int, sys.argv[1:])]
    print(json.dumps([{name: refused(lambda: attempt(pid)) for name, attempt in ATTEMPTS.items()} for pid in pids]))
    own.kill()
"""
TIMEOUT = 30
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def allow_core_images():
    resource.setrlimit(resource.RLIMIT_CORE, UNLIMITED)


def lay(stage):
    """Its worker has the secret, and takes its time."""
    stage.write(debug(at_isolate="process", at_timeout="60s", delay="60s"))


def test_no_other_process_of_its_user_can_look_into_it(worker_stage):
    lay(worker_stage)
    with worker_stage.at_work("open", "resolve", env={}, user=ORDINARY):
        pids = map(str, worker_stage.workers.supervisor_and_child())
        who = {} if ORDINARY is None else {"user": ORDINARY, "group": ORDINARY, "extra_groups": []}
        done = subprocess.run([sys.executable, "-c", INTRUDER, *pids], capture_output=True, check=True, cwd="/",
                              timeout=TIMEOUT, **who)
    own, *others = json.loads(done.stdout)
    assert not any(own.values()), "what is tried cannot be done at all"
    assert others == [dict.fromkeys(own, "PermissionError")] * 2


def limit_of(pid):
    """The soft and the hard one."""
    for line in pathlib.Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines():
        if line.startswith("Max core file size"):
            return tuple(line.split()[4:6])
    return None


@pytest.mark.no_sanitizer  # which sets the limit in the caller
def test_it_leaves_no_core_image(worker_stage):
    lay(worker_stage)
    with worker_stage.at_work("open", "resolve", env={}, preexec_fn=allow_core_images) as process:
        assert limit_of(process.pid) == ("unlimited", "unlimited")
        for pid in worker_stage.workers.supervisor_and_child():
            assert limit_of(pid) == ("0", "0")
