#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a command where there is no network but loopback, beside stand-in servers that record what reaches them.

    netns.py [--port PORT]... [--address ADDRESS]... [--records FILE] [--bind SOURCE:TARGET]... -- COMMAND [ARG...]

    run_in_netns(argv, env, cwd, ports=(PORT,), binds=()) -> Run(returncode, stdout, stderr, timed_out, requests)

A port that comes with a file, as (443, IDENTITY), is one on which the stand-in speaks TLS with that key.

A new network namespace has an interface `lo` that is down and nothing else. So a client under test cannot reach the
real API whatever it does, and any port number is free: tests write `http://127.0.0.1:8001` into files beforehand.

An `--address` is one that `lo` has as well, and with any the command may listen on every port.

`binds` lays a file or folder of the test over a path of the system, such as /etc/claude-code or /dev/log, in a mount
namespace of the command's own; the target may be absent as long as its parent exists. The machine sees none of it.

Root gets the two namespaces directly. Anybody else gets them inside a user namespace that maps only the user, in
which files of root appear as owned by the overflow user. Where the kernel allows neither (a user in a chroot, for
example) NamespaceError says so; nothing is run unconfined instead.
"""

import argparse
import collections
import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile

import messages_server

PORT = 8001
OTHER_PORT = 8002
TIMEOUT = 30
# What the set-up around the command may take on a busy machine, on top of the command's own time.
SETUP_TIMEOUT = 30

SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR = 0x8913, 0x8914, 0x8916
IFF_UP = 0x1
IFREQ = "16sh22x"
IFREQ_ADDRESS = "16sH2x4s16x"
FIRST_FREE_PORT = "/proc/sys/net/ipv4/ip_unprivileged_port_start"
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4

Run = collections.namedtuple("Run", "returncode stdout stderr timed_out requests")
libc = ctypes.CDLL(None, use_errno=True)


class NamespaceError(Exception):
    """The namespaces could not be made, so nothing was run."""


def run_in_netns(argv, env, cwd, ports=(PORT,), binds=(), timeout=TIMEOUT, stdin=""):
    """Runs argv with exactly `env` in `cwd`; a stand-in server listens on each of `ports`. Text in, text out."""
    spec = {
        "argv": [os.fspath(arg) for arg in argv], "env": dict(env), "cwd": os.fspath(cwd),
        "ports": [port if isinstance(port, int) else [port[0], os.fspath(port[1])] for port in ports],
        "binds": [[os.fspath(source), os.fspath(target)] for source, target in binds],
        "timeout": timeout, "stdin": stdin,
    }
    driver = subprocess.run(confined("--driver"), input=json.dumps(spec), capture_output=True, text=True,
                            timeout=timeout + SETUP_TIMEOUT, check=False)
    if driver.returncode != 0:
        raise NamespaceError(f"nothing was run: {driver.stderr.strip() or driver.returncode}")
    return Run(**json.loads(driver.stdout))


def confined(*args):
    """The command line that starts this file in namespaces of its own."""
    if not shutil.which("unshare"):
        raise NamespaceError("unshare(1) is missing; install util-linux")
    unshare = ["unshare", "--net", "--mount", "--propagation", "unchanged"]
    if os.geteuid() != 0:
        unshare += ["--user", "--map-current-user", "--keep-caps"]
    return unshare + ["--", sys.executable, os.path.abspath(__file__), *args]


def drive():
    """Inside the namespaces: reads the specification, runs the command, writes the Run as JSON."""
    spec = json.load(sys.stdin)
    prepare(spec["binds"])
    with servers(spec["ports"]) as listening:
        command = subprocess.Popen(spec["argv"], env=spec["env"], cwd=spec["cwd"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                                   text=True, errors="backslashreplace")
        timed_out = False
        try:
            stdout, stderr = command.communicate(spec["stdin"], spec["timeout"])
        except subprocess.TimeoutExpired:
            timed_out = True
            kill_group(command)
            stdout, stderr = command.communicate()
        kill_group(command)  # what the command left behind ends with it
        requests = [request for server in listening for request in server.requests]
    json.dump(Run(command.returncode, stdout, stderr, timed_out, requests)._asdict(), sys.stdout)


def kill_group(command):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(command.pid, signal.SIGKILL)


@contextlib.contextmanager
def servers(ports, records=None):
    with contextlib.ExitStack() as stack:
        pairs = [(port, None) if isinstance(port, int) else port for port in ports]
        yield [stack.enter_context(messages_server.MessagesServer(port, records, identity))
               for port, identity in pairs]


def prepare(binds, addresses=()):
    """Everything that needs the rights of the new namespaces; gives them up at the end."""
    loopback_up()
    if addresses:
        add_addresses(addresses)
    if binds:
        # Fails in a chroot, where `/` is no mount; then mount_inside() looks for itself.
        libc.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None)
    for source, target in binds:
        bind_over(source, target)
    # Capabilities kept for the lines above must not reach the command: it is to run as an ordinary user would.
    if os.geteuid() != 0:
        check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "dropping ambient capabilities")


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack(IFREQ, b"lo", 0)
        flags = struct.unpack(IFREQ, fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack(IFREQ, b"lo", flags | IFF_UP))


def add_addresses(addresses):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for number, address in enumerate(addresses):
            request = struct.pack(IFREQ_ADDRESS, f"lo:{number}".encode(), socket.AF_INET, socket.inet_aton(address))
            fcntl.ioctl(control, SIOCSIFADDR, request)
    with open(FIRST_FREE_PORT, "w", encoding="ascii") as port:
        port.write("0")


def bind_over(source, target):
    """Lays `source` over `target`, making the target in a private copy of its parent where it is absent."""
    if not os.path.exists(source):
        raise NamespaceError(f"nothing to bind at {source}")
    if not os.path.lexists(target):
        make_room_in(os.path.dirname(target))
        make_mount_point(source, target)
    mount_inside(source, target, None, MS_BIND | MS_REC)


def make_room_in(folder):
    """Replaces `folder` by a tmpfs in which every old entry is bound: same owners, same modes, but writable."""
    if not os.path.isdir(folder):
        raise NamespaceError(f"{folder} is no folder")
    old = tempfile.mkdtemp(prefix="keystile-netns-")
    mount_inside(folder, old, None, MS_BIND | MS_REC)
    mount_inside("tmpfs", folder, "tmpfs", 0, "mode=755")
    for entry in os.scandir(old):
        place = os.path.join(folder, entry.name)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), place)
        else:
            make_mount_point(entry.path, place)
            mount(entry.path, place, None, MS_BIND | MS_REC)
    # The entries keep their own mounts. Detached, the old view leaves only an empty folder to remove.
    check(libc.umount2(os.fsencode(old), MNT_DETACH), f"unmounting {old}")
    os.rmdir(old)


def make_mount_point(like, place):
    if stat.S_ISDIR(os.stat(like).st_mode):
        os.mkdir(place, 0o755)
    else:
        os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644))


def mount_inside(source, target, kind, flags, options=None):
    """Mounts where the machine could see it, and makes sure that it does not."""
    mount(source, target, kind, flags, options)
    if seen_outside(target):
        libc.umount2(os.fsencode(target), MNT_DETACH)
        raise NamespaceError(f"a mount on {target} would show outside; make the mounts of this system private")


def seen_outside(target):
    """Whether the process that started this one, which is in the namespaces of before, sees the same thing there."""
    try:
        outside = os.stat(f"/proc/{os.getppid()}/root{target}")
    except OSError:
        return False  # nothing there; or no access, in a user namespace, whose mounts never show outside
    return os.path.samestat(outside, os.stat(target))


def mount(source, target, kind, flags, options=None):
    encoded = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    data = None if options is None else options.encode()
    check(libc.mount(*encoded, ctypes.c_ulong(flags), data), f"mounting on {target}")


def check(status, doing):
    if status != 0:
        raise NamespaceError(f"{doing}: {os.strerror(ctypes.get_errno())}")


def main():
    parser = argparse.ArgumentParser(description="Runs a command with no network but loopback.")
    parser.add_argument("--port", type=int, action="append", default=[], help="a stand-in server listens here")
    parser.add_argument("--records", help="file that gets one JSON line for each request")
    parser.add_argument("--bind", action="append", default=[], metavar="SOURCE:TARGET")
    parser.add_argument("--address", action="append", default=[], help="one more address of the loopback interface")
    parser.add_argument("--driver", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="*", metavar="COMMAND")
    args = parser.parse_args()
    try:
        if args.driver:
            drive()
            return 0
        if not args.command:
            parser.error("no command")
        if not args.inside:
            return subprocess.call(confined("--inside", *sys.argv[1:]))
        return run_attached(args)
    except (NamespaceError, OSError) as error:
        print(f"netns.py: {error}", file=sys.stderr)
        return 125


def run_attached(args):
    prepare([bind.split(":", 1) for bind in args.bind], args.address)
    with contextlib.ExitStack() as stack:
        records = stack.enter_context(open(args.records, "a", encoding="utf-8")) if args.records else None
        stack.enter_context(servers(args.port, records))
        return subprocess.call(args.command)


if __name__ == "__main__":
    sys.exit(main())
