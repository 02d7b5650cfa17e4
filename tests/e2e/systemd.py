#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs one service under a real systemd, which is process 1 of namespaces made for it. Needs root.

    run_service(folder, lines, is_confined=False) -> exit status of systemd

`lines` are what the unit's [Service] section says. The service sees the machine's own files, but for /dev, /proc,
/run, /sys and /tmp, which are new; of /tmp it has `folder`. Whatever it tells, it writes there. With `is_confined`
systemd may not mount anything, as in a container without CAP_SYS_ADMIN: then its credentials are plain files, and an
ACL lets the user of a service read them. (Elsewhere they have a file system of their own, which has no ACLs.)
"""

import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import netns

MANAGER = "/lib/systemd/systemd"
UNIT = "keystile-test.service"
TIMEOUT = 60
OWN = ("dev", "proc", "run", "sys", "tmp")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
MS_SHARED = 1 << 20
ENVIRONMENT = {"container": "keystile-test", "PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": "/units",
               "SYSTEMD_GENERATOR_PATH": "/nowhere"}
UNIT_HEAD = ["[Unit]", "DefaultDependencies=no", "SuccessAction=exit-force", "FailureAction=exit-force", "[Service]",
             "Type=oneshot"]


def run_service(folder, lines, is_confined=False):
    if not os.access(MANAGER, os.X_OK):
        raise RuntimeError(f"{MANAGER} is missing; install systemd")
    root = tempfile.mkdtemp(prefix="keystile-systemd-")
    spec = {"root": root, "folder": str(folder), "unit": "\n".join([*UNIT_HEAD, *lines, ""]),
            "is_confined": is_confined, "outside": os.getpid()}
    try:
        return subprocess.run(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--propagation", "unchanged", "--cgroup",
             "--uts", "--ipc", "--net", "--", sys.executable, os.path.abspath(__file__)],
            input=json.dumps(spec), text=True, timeout=TIMEOUT, check=False).returncode
    finally:
        os.rmdir(root)


def become_manager():
    """Inside the namespaces: builds the root, and is systemd from then on."""
    spec = json.load(sys.stdin)
    root = pathlib.Path(spec["root"])
    lay_ground(root, spec["outside"])
    build(root, spec["folder"])
    (root / "units" / UNIT).write_text(spec["unit"], encoding="utf-8")
    command = [MANAGER, "--system", f"--unit={UNIT}", "--log-target=null", "--show-status=no"]
    if spec["is_confined"]:
        mount_what_systemd_would(root)
        command = [shutil.which("setpriv"), "--bounding-set=-sys_admin", "--inh-caps=-sys_admin", *command]
    os.chroot(root)
    os.chdir("/")
    os.dup2(os.open("/dev/null", os.O_RDWR), 0)
    os.execve(command[0], command, ENVIRONMENT)


def lay_ground(root, outside):
    """Mounts the root, and makes sure that the machine does not see it."""
    # Fails in a chroot, where `/` is no mount.
    netns.libc.mount(None, b"/", None, ctypes.c_ulong(netns.MS_REC | netns.MS_PRIVATE), None)
    netns.mount("tmpfs", str(root), "tmpfs", 0, "mode=755")
    if os.path.samestat(root.stat(), os.stat(f"/proc/{outside}/root{root}")):
        netns.libc.umount2(os.fsencode(root), netns.MNT_DETACH)
        raise netns.NamespaceError(f"a mount on {root} would show outside; make the mounts of this system private")


def build(root, folder):
    for entry in os.scandir("/"):
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), root / entry.name)
        elif entry.is_dir() and entry.name not in OWN:
            bind(entry.path, root / entry.name)
    for name in (*OWN, "units"):
        (root / name).mkdir(mode=0o755)
    netns.mount("tmpfs", str(root / "dev"), "tmpfs", 0, "mode=755")
    for name in DEVICES:
        (root / "dev" / name).touch()
        netns.mount(f"/dev/{name}", str(root / "dev" / name), None, netns.MS_BIND)
    (root / "dev" / "shm").mkdir()
    netns.mount("proc", str(root / "proc"), "proc", 0)
    netns.mount("sysfs", str(root / "sys"), "sysfs", 0)
    netns.mount("cgroup2", str(root / "sys" / "fs" / "cgroup"), "cgroup2", 0)
    bind(folder, root / str(folder).lstrip("/"))
    # a credential's file system is mounted by a child, and the manager is to see it
    netns.mount("none", str(root), None, netns.MS_REC | MS_SHARED)


def bind(source, target):
    target.mkdir(parents=True, exist_ok=True)
    netns.mount(str(source), str(target), None, netns.MS_BIND | netns.MS_REC)


def mount_what_systemd_would(root):
    for place, kind in (("run", "tmpfs"), ("run/lock", "tmpfs"), ("dev/shm", "tmpfs"), ("dev/pts", "devpts")):
        (root / place).mkdir(exist_ok=True)
        netns.mount(kind, str(root / place), kind, 0)


if __name__ == "__main__":
    become_manager()
