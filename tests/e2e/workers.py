# SPDX-License-Identifier: MIT
"""The processes of keystile-worker that one test started, told from all others by the name of the program."""

import contextlib
import os
import pathlib
import re
import secrets
import shutil
import signal
import time

from stage import SCRIPT, TIMEOUT, WORKER, Stage

# How long a worker may outlive its caller (design, section 6).
OUTLIVES_S = 1.0
# For what cannot be seen from outside: that a module has begun to work.
MOMENT_S = 0.1

# What a caller has of a worker that is alive, in the words of kit/process-state.h.
LEADS = r"((?:socket:\[\d+\]|anon_inode:\[pidfd\]), flags 0\d+, close-on-exec)"
OPENED, CLOSED = (re.compile(rf"(descriptor \d+): {change}") for change in (f"none -> {LEADS}", f"{LEADS} -> none"))


def changes_of_caller(report):
    """What a report of the witness says that changed, but for what led to a worker and was closed in the end."""
    found, leads = [], {}
    for change in report.changes:
        opened, closed = OPENED.fullmatch(change[1]), CLOSED.fullmatch(change[1])
        if opened:
            leads[opened[1], opened[2]] = change
        elif not closed or not leads.pop((closed[1], closed[2]), None):
            found.append(change)
    return found + list(leads.values())


def read(path):
    """What a file of /proc holds; nothing where the process has ended."""
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return b""


def patience():
    """How much longer than on a machine at rest all takes, where others want its processors as well."""
    return 1.0 + os.getloadavg()[0] / os.cpu_count()


def parent_of(pid):
    return int(read(pathlib.Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()[1])


class Workers:
    """A copy of the program under a name that no other has, in a folder of its own."""

    def __init__(self, folder):
        self.path = folder / "libexec" / f"ks{secrets.token_hex(5)}"  # all of it fits in the name of a process
        self.path.parent.mkdir(mode=0o755)
        shutil.copy(WORKER, self.path)
        self.path.chmod(0o755)
        self.variables = {"KEYSTILE_TEST_WORKER": str(self.path)}

    def alive(self):
        """The numbers of its processes, supervisors and what they watch. One that ended is its reaper's."""
        name = self.path.name.encode()
        return [int(process.name) for process in pathlib.Path("/proc").iterdir() if process.name.isdigit() and
                name in (read(process / "cmdline").split(b"\0")[0], read(process / "comm").strip())
                and b"\nState:\tZ" not in read(process / "status")]

    def outlive(self):
        """Those that are still there when a second has passed since their caller ended."""
        end = time.monotonic() + OUTLIVES_S * patience()
        while self.alive() and time.monotonic() < end:
            time.sleep(0.01)
        return self.alive()

    def supervisor_and_child(self):
        """The two processes of the only worker."""
        pids = self.alive()
        (supervisor,) = {parent_of(pid) for pid in pids} & {*pids}
        (child,) = {*pids} - {supervisor}
        return supervisor, child

    def kill(self):
        for pid in self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class WorkerStage(Stage):
    """One that has workers of its own."""

    def __init__(self, folder):
        super().__init__(folder)
        self.workers = Workers(folder)

    def environment(self, **variables):
        return super().environment(**{**self.workers.variables, **variables})

    @contextlib.contextmanager
    def at_work(self, *actions, **options):
        """The test's application, while its worker runs."""
        with self.popen(*actions, command=SCRIPT, **options) as process:
            end = time.monotonic() + TIMEOUT
            while len(self.workers.alive()) < 2 and time.monotonic() < end:
                time.sleep(0.01)
            assert len(self.workers.alive()) == 2
            time.sleep(MOMENT_S)
            yield process
            process.kill()
