# SPDX-License-Identifier: MIT
"""Runs a program with some of its standard streams on a terminal."""

import os
import pty
import select
import time


def run_on_terminal(popen, *streams, timeout=30):
    """`popen` starts the program, given what `streams` (stdin, stdout, stderr) are to be. Returns its exit status,
    and all that reached the terminal."""
    ours, theirs = pty.openpty()
    try:
        process = popen(**{stream: theirs for stream in streams})
    finally:
        os.close(theirs)
    try:
        text = read_until_closed(ours, time.monotonic() + timeout)
        process.communicate(timeout=timeout)
    finally:
        os.close(ours)
        if process.poll() is None:
            process.kill()
            process.wait()
    return process.returncode, text.decode("utf-8", "replace").replace("\r\n", "\n")


def read_until_closed(terminal, deadline):
    text = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            raise TimeoutError(f"the program kept the terminal open; it said {text!r}")
        try:
            data = os.read(terminal, 4096)
        except OSError:  # EIO: the last one closed it
            return text
        if not data:
            return text
        text += data
