# SPDX-License-Identifier: MIT
"""The processes of keystile-worker that one test started, told from all others by the name of the program."""

import contextlib
import pathlib
import re
import secrets
import shutil
import time

from stage import WORKER

# How long a worker may outlive its caller (design, section 6).
OUTLIVES_S = 1.0

# What a caller has of a worker that is alive, in the words of tests/support/process-state.h.
DESCRIPTOR = re.compile(r"descriptor \d+: (none -> )?(socket:\[\d+\]|anon_inode:\[pidfd\]), flags 0\d+, "
                        r"close-on-exec( -> none)?")


def changes_of_caller(report):
    """What a report of the witness says that changed, but for what a worker leads to while it is alive."""
    return [change for change in report.changes if not DESCRIPTOR.fullmatch(change[1])]


def read(path):
    """What a file of /proc holds; nothing where the process has ended."""
    with contextlib.suppress(OSError):
        return path.read_bytes()
    return b""


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
        end = time.monotonic() + OUTLIVES_S
        while self.alive() and time.monotonic() < end:
            time.sleep(0.01)
        return self.alive()
