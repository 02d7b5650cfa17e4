# SPDX-License-Identifier: MIT
"""Reads the audit lines of a stage as the system's log would. (design, section 8)"""

import contextlib
import re
import shlex
import socket

AUTHPRIV = 10
INFO, WARNING = 6, 4


class Line:
    """One datagram, taken apart as a reader of the system's log would."""

    def __init__(self, data):
        assert b"CANARY" not in data, "a secret in the audit line"
        self.text = data.decode("ascii")
        match = re.fullmatch(r"<(\d+)>keystile\[(\d+)\]: (.*)", self.text)
        assert match and self.text.isprintable()
        self.facility, self.severity = divmod(int(match[1]), 8)
        self.ident_pid = int(match[2])
        pairs = [word.split("=", 1) for word in shlex.split(match[3])]
        self.fields = dict(pairs)
        assert len(self.fields) == len(pairs)

    @property
    def entries(self):
        return [value for key, value in self.fields.items() if re.match(r"\d+:", key)]


@contextlib.contextmanager
def listening(stage):
    """The socket to which the stage's commands write meanwhile."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(stage.log))
        stage.log.chmod(0o777)
        listener.setblocking(False)
        yield listener


def lines(log):
    """Those that came since it was asked last."""
    found = []
    while True:
        try:
            found.append(Line(log.recv(65536)))
        except BlockingIOError:
            return found
