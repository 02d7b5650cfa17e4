# SPDX-License-Identifier: MIT
"""Signs in with `claude setup-token` on a terminal, and prints what is on its screen at the end.

    setup_token.py CLAUDE COLUMNS
"""

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

import pyte

LINES = 60
SECONDS = 20
POLL_SECONDS = 0.2
# What claude takes for typed and not for pasted.
PAUSE_SECONDS = 0.5
DONE = "Store this token securely"


def start(claude, columns):
    """Returns the terminal's descriptor."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(claude, [claude, "setup-token"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
    return terminal


def follow(terminal, stream):
    """Shows what has come. Returns whether more may come."""
    if not select.select([terminal], [], [], POLL_SECONDS)[0]:
        return True
    try:
        data = os.read(terminal, 65536)
    except OSError:
        return False
    stream.feed(data)
    return bool(data)


def state_on(screen):
    """The state in the address that is shown, whole: it may go over several lines."""
    found = re.search(r"state=([A-Za-z0-9_-]{43})", "".join(line.rstrip() for line in screen.display))
    return found and found.group(1)


def main():
    columns = int(sys.argv[2])
    screen = pyte.Screen(columns, LINES)
    terminal = start(sys.argv[1], columns)
    stream = pyte.ByteStream(screen)
    is_answered, deadline = False, time.monotonic() + SECONDS
    while time.monotonic() < deadline and follow(terminal, stream) and DONE not in "".join(screen.display):
        if not is_answered and "Paste code here" in "".join(screen.display) and state_on(screen):
            time.sleep(PAUSE_SECONDS)
            os.write(terminal, f"CODE#{state_on(screen)}".encode())
            time.sleep(PAUSE_SECONDS)
            os.write(terminal, b"\r")
            is_answered = True
    print("\n".join(line.rstrip() for line in screen.display))


main()
