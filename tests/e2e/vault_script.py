# SPDX-License-Identifier: MIT
"""A program with one context, which waits between its requests until the test has done something to the server.
(tests/programs/script.c)
"""

import contextlib

from stage import CANARY, SCRIPT, TIMEOUT, fingerprint

WAITING = "waiting\n"


class Pauses:
    """Goes through one context: every step ends where the program waits."""

    def __init__(self, process):
        self.process = process
        self.next()

    def next(self):
        """What it said until it waited."""
        said = []
        for line in iter(self.process.stdout.readline, WAITING):
            assert line and CANARY not in line, said
            said.append(line.rstrip("\n"))
        return said

    def resolve(self):
        """Lets it ask once more. Returns what became of it: a fingerprint, or the message."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        (line,) = self.next()
        return line.removeprefix("resolve: ")


@contextlib.contextmanager
def pauses(stage, count):
    """A program that has opened its context and asks `count` times at most."""
    with stage.popen("open", "wait", *["resolve", "wait"] * count, command=SCRIPT, text=True) as process:
        try:
            yield Pauses(process)
        finally:
            process.kill()


def ok(secret):
    return f"ok: {fingerprint(secret)}"
