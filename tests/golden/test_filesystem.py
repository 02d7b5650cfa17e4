"""Who may write what is read: owners, modes, links, and things that are no files.

Each case is a list of steps that make a world, and the faults that `keystile check` then finds in the service `default`
(none: it passes). Paths are relative to the world: etc and lib are the configuration directories, modules is the
modules' one. Only root can give files away, so only root can run all of these; test_users.py has what differs for
others.
"""

import os
import shutil
import socket
import struct

import golden
import pytest

ETC = "etc/default.conf"
LIB = "lib/default.conf"
ENV = "modules/env.so"
OTHER = 2  # neither root nor who runs the tests
VENDOR = "any  sufficient  debug.so\n"  # as text of LIB: were it used, nothing would be wrong


def write(path, text=golden.STACK):
    return lambda root: (root / path).write_text(text)


def mode(path, bits):
    return lambda root: (root / path).chmod(bits)


def owner(path, uid=OTHER):
    return lambda root: os.chown(root / path, uid, -1, follow_symlinks=False)


def folder(path):
    return lambda root: (root / path).mkdir(parents=True)


def link(path, target):
    """An absolute target is one in the world, unless it begins with //."""
    def step(root):
        (root / path).symlink_to(f"{root}{target}" if target[:1] == "/" != target[1:2] else target)
    return step


def fifo(path):
    return lambda root: os.mkfifo(root / path)


def listen(path):
    def step(root):
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(root / path))
    return step


def remove(path):
    return lambda root: shutil.rmtree(root / path) if (root / path).is_dir() else (root / path).unlink()


def move(path, to):
    return lambda root: (root / path).rename(root / to)


def copy(path, to):
    """An absolute path is one of the system."""
    return lambda root: shutil.copyfile(root / path, root / to)


def patch(path, old, new):
    """Changes a module behind its maker's back: the same length, and somewhere in it."""
    def step(root):
        content = (root / path).read_bytes()
        assert old in content and len(old) == len(new)
        (root / path).write_bytes(content.replace(old, new))
    return step


def cut(path, size):
    return lambda root: os.truncate(root / path, size)


NOTE = b"Keystile\0\0\0\0"  # its owner; the size of its head and the major version follow
AT_ENV = "@DIR@/default.conf:1:18: "
REINSTALL = "; reinstall the package the module came with"

FILES = {
    "of-root-and-readable-by-all": ([write(ETC), mode(ETC, 0o644)], []),
    "unwritable-for-all": ([write(ETC), mode(ETC, 0o444)], []),
    "executable": ([write(ETC), mode(ETC, 0o755)], []),
    "of-another-user": (
        [write(ETC), owner(ETC)],
        ["@DIR@/default.conf is owned by uid 2, not by root; chown root @DIR@/default.conf"]),
    "writable-by-group": (
        [write(ETC), mode(ETC, 0o664)],
        ["@DIR@/default.conf is writable by group (mode 0664); chmod go-w @DIR@/default.conf"]),
    "writable-by-others": (
        [write(ETC), mode(ETC, 0o602)],
        ["@DIR@/default.conf is writable by others (mode 0602); chmod go-w @DIR@/default.conf"]),
    "writable-by-all": (
        [write(ETC), mode(ETC, 0o666)],
        ["@DIR@/default.conf is writable by group and others (mode 0666); chmod go-w @DIR@/default.conf"]),
    "sticky-and-writable": (
        [write(ETC), mode(ETC, 0o1666)],
        ["@DIR@/default.conf is writable by group and others (mode 1666); chmod go-w @DIR@/default.conf"]),
    "never-the-vendors-turn": (
        [write(ETC), mode(ETC, 0o666), write(LIB, VENDOR)],
        ["@DIR@/default.conf is writable by group and others (mode 0666); chmod go-w @DIR@/default.conf"]),
    "of-the-vendor": (
        [write(LIB), mode(LIB, 0o664)],
        ["@VENDOR@/default.conf is writable by group (mode 0664); chmod go-w @VENDOR@/default.conf"]),
    "included": (
        [write(ETC, "include  one\ninclude  two\nany  required  env.so\n"), write("etc/one.conf"),
         mode("etc/one.conf", 0o664), write("lib/two.conf"), owner("lib/two.conf")],
        ["@DIR@/one.conf is writable by group (mode 0664); chmod go-w @DIR@/one.conf",
         "@VENDOR@/two.conf is owned by uid 2, not by root; chown root @VENDOR@/two.conf",
         "@DIR@/default.conf:3:6: required has no meaning here, because the first credential ends the walk;"
         " write requisite"]),
    "fifo": (
        [fifo(ETC)],
        ["@DIR@/default.conf is a FIFO, not a regular file; put a regular file there"]),
    "folder": (
        [folder(ETC)],
        ["@DIR@/default.conf is a directory, not a regular file; put a regular file there"]),
    "socket": (
        [listen(ETC)],
        ["@DIR@/default.conf is a socket, not a regular file; put a regular file there"]),
    "fifo-never-the-vendors-turn": (
        [fifo(ETC), write(LIB, VENDOR)],
        ["@DIR@/default.conf is a FIFO, not a regular file; put a regular file there"]),
    "device": (
        [link(ETC, "//dev/null")],
        ["@DIR@/default.conf: /dev/null is a device, not a regular file; put a regular file there"]),
}

FOLDERS = {
    "unwritable-for-all": ([write(ETC), mode("etc", 0o555)], []),
    "of-another-user": (
        [write(ETC), owner("etc")],
        ["@DIR@/default.conf: @DIR@ is owned by uid 2, not by root; chown root @DIR@"]),
    "writable-by-group": (
        [write(ETC), mode("etc", 0o775)],
        ["@DIR@/default.conf: @DIR@ is writable by group (mode 0775); chmod go-w @DIR@"]),
    "writable-by-others": (
        [write(ETC), mode("etc", 0o757)],
        ["@DIR@/default.conf: @DIR@ is writable by others (mode 0757); chmod go-w @DIR@"]),
    "above-is-writable": (
        [write(ETC), mode(".", 0o777)],
        ["@DIR@/default.conf: @ROOT@ is writable by group and others (mode 0777); chmod go-w @ROOT@"]),
    "above-is-of-another-user": (
        [write(ETC), owner(".")],
        ["@DIR@/default.conf: @ROOT@ is owned by uid 2, not by root; chown root @ROOT@"]),
    "sticky": ([write(ETC), mode("etc", 0o1777)], []),
    "sticky-above": ([write(ETC), mode(".", 0o1777)], []),
    "sticky-of-another-user": (
        [write(ETC), mode("etc", 0o1777), owner("etc")],
        ["@DIR@/default.conf: @DIR@ is owned by uid 2, not by root; chown root @DIR@"]),
    "sticky-does-not-excuse-the-file": (
        [write(ETC), mode("etc", 0o1777), owner(ETC)],
        ["@DIR@/default.conf is owned by uid 2, not by root; chown root @DIR@/default.conf"]),
    "setgid-is-no-sticky": (
        [write(ETC), mode("etc", 0o2777)],
        ["@DIR@/default.conf: @DIR@ is writable by group and others (mode 2777); chmod go-w @DIR@"]),
    "is-a-file": (
        [remove("etc"), write("etc", "no folder"), write(LIB, VENDOR)],
        ["@DIR@/default.conf cannot be reached: Not a directory; mend the path or its permissions"]),
    "is-a-link": ([write(ETC), move("etc", "real"), link("etc", "real")], []),
    "is-a-dangling-link": (
        [remove("etc"), link("etc", "nowhere"), write(LIB, VENDOR)],
        ["@DIR@/default.conf cannot be reached: No such file or directory; mend the path or its permissions"]),
    "is-a-link-to-itself": (
        [remove("etc"), link("etc", "etc"), write(LIB, VENDOR)],
        ["@DIR@/default.conf cannot be reached: Too many levels of symbolic links; mend the path or its permissions"]),
    "is-absent": ([remove("etc"), write(LIB, VENDOR)], []),
}

LINKS = {
    "relative": ([folder("real"), write("real/file"), link(ETC, "../real/file")], []),
    "absolute": ([folder("real"), write("real/file"), link(ETC, "/real/file")], []),
    "in-the-folder": ([write("etc/other.conf"), link(ETC, "other.conf")], []),
    "to-a-link": ([write("etc/c.conf"), link("etc/b.conf", "./c.conf"), link(ETC, "/etc/b.conf")], []),
    "of-a-configmap": (
        [folder("etc/..2026"), write("etc/..2026/default.conf"), link("etc/..data", "..2026"),
         link(ETC, "..data/default.conf")], []),
    "of-another-user": (
        [write("etc/other.conf"), link(ETC, "other.conf"), owner(ETC)],
        ["@DIR@/default.conf is a symbolic link owned by uid 2, not by root; chown -h root @DIR@/default.conf"]),
    "on-the-way-of-another-user": (
        [write(ETC), move("etc", "real"), link("etc", "real"), owner("etc")],
        ["@DIR@/default.conf: @DIR@ is a symbolic link owned by uid 2, not by root; chown -h root @DIR@"]),
    "dangling": (
        [link(ETC, "nowhere.conf")],
        ["@DIR@/default.conf: @DIR@/nowhere.conf does not exist, and a symbolic link on the way of @DIR@/default.conf"
         " leads there; correct the link"]),
    "dangling-never-the-vendors-turn": (
        [link(ETC, "/nowhere/file"), write(LIB, VENDOR)],
        ["@DIR@/default.conf: @ROOT@/nowhere does not exist, and a symbolic link on the way of @DIR@/default.conf"
         " leads there; correct the link"]),
    "to-itself": (
        [link(ETC, "default.conf")],
        ["@DIR@/default.conf is one symbolic link too many (at most 40); correct the links"]),
    "to-each-other": (
        [link(ETC, "other.conf"), link("etc/other.conf", "default.conf")],
        ["@DIR@/default.conf is one symbolic link too many (at most 40); correct the links"]),
    "to-a-file-of-another-user": (
        [folder("real"), write("real/file"), owner("real/file"), link(ETC, "../real/file")],
        ["@DIR@/default.conf: @ROOT@/real/file is owned by uid 2, not by root; chown root @ROOT@/real/file"]),
    "to-a-writable-file": (
        [folder("real"), write("real/file"), mode("real/file", 0o666), link(ETC, "../real/file")],
        ["@DIR@/default.conf: @ROOT@/real/file is writable by group and others (mode 0666);"
         " chmod go-w @ROOT@/real/file"]),
    "to-a-writable-folder": (
        [folder("real"), write("real/file"), mode("real", 0o777), link(ETC, "../real/file")],
        ["@DIR@/default.conf: @ROOT@/real is writable by group and others (mode 0777); chmod go-w @ROOT@/real"]),
    "through-a-writable-folder": (
        [folder("bad"), mode("bad", 0o777), folder("real"), write("real/file"), link("bad/way", "../real"),
         link(ETC, "../bad/way/file")],
        ["@DIR@/default.conf: @ROOT@/bad is writable by group and others (mode 0777); chmod go-w @ROOT@/bad"]),
    "through-a-file": (
        [write("etc/other.conf"), link(ETC, "other.conf/file")],
        ["@DIR@/default.conf: @DIR@/other.conf is not a directory"]),
    "to-a-fifo": (
        [fifo("pipe"), link(ETC, "../pipe")],
        ["@DIR@/default.conf: @ROOT@/pipe is a FIFO, not a regular file; put a regular file there"]),
    "to-a-folder": (
        [link(ETC, "../lib")],
        ["@DIR@/default.conf: @VENDOR@ is a directory, not a regular file; put a regular file there"]),
    "included": (
        [write(ETC, "include  common\n"), link("etc/common.conf", "nowhere.conf")],
        ["@DIR@/common.conf: @DIR@/nowhere.conf does not exist, and a symbolic link on the way of @DIR@/common.conf"
         " leads there; correct the link"]),
}

MODULES = {
    "absent": (
        [write(ETC), remove(ENV)],
        [AT_ENV + "module env.so is not installed in @MODULES@; correct the name, or install the package that has it;"
         " keystile modules lists what is there"]),
    "folder-absent": (
        [write(ETC), remove("modules")],
        [AT_ENV + "module env.so is not installed in @MODULES@; correct the name, or install the package that has it;"
         " keystile modules lists what is there"]),
    "not-needed": ([write(ETC), remove("modules/debug.so"), mode("modules/typed.so", 0o777)], []),
    "told-for-each-entry": (
        [write(ETC, golden.STACK * 2 + "any  sufficient  debug.so\n"), mode(ENV, 0o777)],
        [AT_ENV + "@MODULES@/env.so is writable by group and others (mode 0777); chmod go-w @MODULES@/env.so",
         "@DIR@/default.conf:2:18: @MODULES@/env.so is writable by group and others (mode 0777);"
         " chmod go-w @MODULES@/env.so"]),
    "of-another-user": (
        [write(ETC), owner(ENV)],
        [AT_ENV + "@MODULES@/env.so is owned by uid 2, not by root; chown root @MODULES@/env.so"]),
    "writable": (
        [write(ETC), mode(ENV, 0o775)],
        [AT_ENV + "@MODULES@/env.so is writable by group (mode 0775); chmod go-w @MODULES@/env.so"]),
    "folder-of-another-user": (
        [write(ETC), owner("modules")],
        [AT_ENV + "@MODULES@ is owned by uid 2, not by root; chown root @MODULES@"]),
    "folder-writable": (
        [write(ETC), mode("modules", 0o777)],
        [AT_ENV + "@MODULES@ is writable by group and others (mode 0777); chmod go-w @MODULES@"]),
    "fifo": (
        [write(ETC), remove(ENV), fifo(ENV)],
        [AT_ENV + "@MODULES@/env.so is a FIFO, not a regular file; put a regular file there"]),
    "folder": (
        [write(ETC), remove(ENV), folder(ENV)],
        [AT_ENV + "@MODULES@/env.so is a directory, not a regular file; put a regular file there"]),
    "link": ([write(ETC), folder("real"), move(ENV, "real/env.so.1"), link(ENV, "../real/env.so.1")], []),
    "link-of-another-user": (
        [write(ETC), move(ENV, "modules/env.so.1"), link(ENV, "env.so.1"), owner(ENV)],
        [AT_ENV + "@MODULES@/env.so is a symbolic link owned by uid 2, not by root; chown -h root @MODULES@/env.so"]),
    "link-dangling": (
        [write(ETC), remove(ENV), link(ENV, "nowhere.so")],
        [AT_ENV + "@MODULES@/nowhere.so does not exist, and a symbolic link on the way of @MODULES@/env.so leads"
         " there; correct the link"]),
    "link-to-a-writable-folder": (
        [write(ETC), folder("real"), mode("real", 0o777), move(ENV, "real/env.so"), link(ENV, "../real/env.so")],
        [AT_ENV + "@ROOT@/real is writable by group and others (mode 0777); chmod go-w @ROOT@/real"]),
    "text": (
        [write(ETC), write(ENV, "#!/bin/sh\n")],
        [AT_ENV + "env.so: the module is not an ELF shared object" + REINSTALL]),
    "empty": (
        [write(ETC), write(ENV, "")],
        [AT_ENV + "env.so: the module is not an ELF shared object" + REINSTALL]),
    "cut-in-its-head": (
        [write(ETC), cut(ENV, 40)],
        [AT_ENV + "env.so: the module's file is cut short" + REINSTALL]),
    "program": (
        [write(ETC), copy("/bin/true", ENV)],
        [AT_ENV + "env.so: the file is a shared object without a Keystile note; name a Keystile module, or rebuild it"]),
    "renamed": (
        [write(ETC, "any  sufficient  other.so\n"), copy(ENV, "modules/other.so")],
        [AT_ENV + "other.so says that its name is env; give the file its own name back"]),
    "of-another-version": (
        [write(ETC), patch(ENV, NOTE + struct.pack("=IH", 24, 1), NOTE + struct.pack("=IH", 24, 2))],
        [AT_ENV + "env.so: the module has version 2 of the provider interface, and this keystile has version 1; install the"
         " module's build for this machine and this version of keystile"]),
}

# What only shows when a module is loaded, which a check does.
UNLOADABLE = {
    "without-entry-point": (
        [write(ETC), patch(ENV, b"\0keystile_provider_v1\0", b"\0keystile_provider_v9\0")],
        [AT_ENV + "env.so does not export keystile_provider_v1" + REINSTALL]),
    "two-minds": (
        [write(ETC), patch(ENV, b"name\tenv\nversion\t1.0.0\n", b"name\tenv\nversion\t1.0.1\n")],
        [AT_ENV + "env.so says one thing in its note and another in its code: version" + REINSTALL]),
}

TABLES = {"file": FILES, "folder": FOLDERS, "link": LINKS, "module": MODULES}
ALL = [(table, name) for table, cases in TABLES.items() for name in cases]


def prepare(world, steps):
    for step in steps:
        step(world.root)


@pytest.mark.parametrize("table, name", ALL, ids=[f"{table}-{name}" for table, name in ALL])
@pytest.mark.needs_root
def test_trust(table, name, world):
    steps, faults = TABLES[table][name]
    prepare(world, steps)
    golden.assert_faults(golden.run(world, "check", "default"), faults)
    if faults:
        result = golden.run(world, "get")
        assert (result.status, result.out) == (78, "")


@pytest.mark.parametrize("name", UNLOADABLE)
def test_unloadable_module(name, world):
    steps, faults = UNLOADABLE[name]
    prepare(world, steps)
    golden.assert_faults(golden.run(world, "check", "default"), faults, status=70)
    result = golden.run(world, "get")
    assert (result.status, result.out) == (70, "")


NOTED = {
    "file": ("of-another-user", "writable-by-group", "writable-by-others", "writable-by-all", "sticky-and-writable"),
    "folder": ("of-another-user", "writable-by-group", "writable-by-others", "sticky-of-another-user"),
    "link": ("of-another-user", "to-a-file-of-another-user", "to-a-writable-file", "to-a-writable-folder"),
}


@pytest.mark.parametrize("table, name", [(table, name) for table, names in NOTED.items() for name in names])
@pytest.mark.needs_root
def test_owner_and_mode_of_a_file_operand_are_notes(table, name, world):
    """A checkout belongs to whoever checked it out: what would be a fault is told, and only where it is asked for."""
    steps, (fault,) = TABLES[table][name]
    prepare(world, steps)
    operand = str(world.config / "default.conf")
    golden.assert_faults(golden.run(world, "check", operand), [])
    result = golden.run(world, "check", "-v", operand)
    place, _, reason = fault.rpartition(": ")
    assert result.err == golden.lines([f"{place}: note: {reason}" if place else f"note: {reason}"])
    assert result.out == ("# default (@DIR@/default.conf)\n"
                          "any        sufficient  env.so  # @DIR@/default.conf:1\n")
    assert result.status == 0


@pytest.mark.needs_root
def test_notes_of_included_files(world):
    prepare(world, FILES["included"][0] + [write(ETC, "include  one\n")])
    result = golden.run(world, "check", "-v", str(world.config / "default.conf"))
    assert result.err == golden.lines([
        "note: @DIR@/one.conf is writable by group (mode 0664); chmod go-w @DIR@/one.conf"])
    assert result.status == 0


OPERANDS = {
    "fifo": FILES["fifo"],
    "folder": FILES["folder"],
    "dangling": LINKS["dangling"],
    "absent": ([], ["@DIR@/default.conf does not exist; create it, or correct the path"]),
    "module": MODULES["writable"],
    "required": ([write(ETC, "any  required  env.so\n"), mode(ETC, 0o666)],
                 ["@DIR@/default.conf:1:6: required has no meaning here, because the first credential ends the walk;"
                  " write requisite"]),
}


@pytest.mark.parametrize("name", OPERANDS)
def test_other_faults_of_a_file_operand_are_faults(name, world):
    steps, faults = OPERANDS[name]
    prepare(world, steps)
    golden.assert_faults(golden.run(world, "check", str(world.config / "default.conf")), faults)
