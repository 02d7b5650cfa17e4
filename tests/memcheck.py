# SPDX-License-Identifier: MIT
"""The commands under test, under valgrind: pytest --memcheck N takes every Nth test of a file, 1 all of them.

What valgrind finds goes to a file for each process, and fails the test. It follows neither what `exec` becomes, which
is not ours, nor a child of fork, which abandons what its parent had.
"""

import pathlib
import shutil
import tempfile

WORDS = ["--quiet", "--vgdb=no", "--error-exitcode=99", "--leak-check=full",
         "--errors-for-leak-kinds=definite,indirect,possible", "--trace-children=no", "--child-silent-after-fork=yes"]
# Valgrind starts slowly.
PATIENCE = 10
# What a request may take there, in place of its own default.
REQUEST = "100s"
# What it leaves in the environment of what `exec` becomes.
VARIABLES = {"GLIBCPP_FORCE_NEW", "GLIBCXX_FORCE_NEW", "LD_LIBRARY_PATH", "LD_PRELOAD"}


class Memcheck:
    def __init__(self):
        self.words, self.logs, self.patience, self.variables = [], None, 1, set()

    def start(self):
        valgrind = shutil.which("valgrind")
        if not valgrind:
            raise RuntimeError("valgrind is not installed")
        self.logs = pathlib.Path(tempfile.mkdtemp(prefix="keystile-memcheck-"))
        self.logs.chmod(0o1777)  # commands run as several users
        self.words = [valgrind, *WORDS, f"--log-file={self.logs}/%p"]
        self.patience, self.variables = PATIENCE, VARIABLES

    def stop(self):
        if self.logs:
            shutil.rmtree(self.logs)

    @staticmethod
    def in_time(commands, args):
        """The arguments of one of these commands with more time for a request than it has by itself."""
        return ("--timeout", REQUEST, *args) if {*args[:1]} & commands and "--timeout" not in args else args

    def take(self):
        """What was found since the last call. Lines that begin with -- are valgrind's about itself: system calls that
        it does not know, and answers as an older kernel would."""
        found = []
        for path in sorted(self.logs.iterdir()) if self.logs else []:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
            found += [line for line in lines if not line.startswith("--")]
            path.unlink()
        return "".join(found)


memcheck = Memcheck()
