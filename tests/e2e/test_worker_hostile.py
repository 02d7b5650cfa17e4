# SPDX-License-Identifier: MIT
"""Modules that only a process of their own can bear: they crash, hang, forge, and reach for what is not theirs.

tests/hostile/worker/NAME.c misbehaves; ROWS says what comes of it: to the library, to `get`, to `explain` and to
`check`. Whatever it does, the caller has its answer soon after the deadline, is what it was before, and leaves no
process behind. (design, section 6)
"""

import contextlib
import dataclasses
import pathlib
import socket

import files
import pytest
from audit import lines
from stage import BUILD, EXIT, SANITIZERS, SCRIPT, TESTABLE, debug, entry
from test_audit import log
from test_hostile import LOWER, WITNESS, comes_to, is_printable, stops_every_stack, witness
from workers import Workers, changes_of_caller

SOURCES = pathlib.Path(__file__).parent.parent / "hostile" / "worker"
BUILT = BUILD / "tests" / "hostile" / "worker"
# Which is that of no module here: ten thousand resolves use it.
RANDOM = "random"
DEADLINE_MS = 300
# How long after its deadline a module may keep its caller waiting.
LATE_MS = 2000
# What the request's own default is, for those that need no deadline of their own.
DEFAULT_MS = 5000
# Valgrind knows no clone(2) but for threads and fork.
pytestmark = pytest.mark.no_memcheck


@dataclasses.dataclass
class Row:
    """What comes of a module."""
    result: str
    text: str = ""
    seen: str = "request"   # or at "load", and then by check as well
    at_timeout: int = DEFAULT_MS
    needs: tuple = ()       # measures of the kernel's, without which the text is another
    prepare: object = None  # a context with the options of the entry
    transport: str = "api"


def crashed(signal, **fields):
    return Row("error", f"crashed in its own process ({signal})", **fields)


def ended(status, **fields):
    return Row("error", f"ended the process it runs in (exit status {status})", **fields)


def exited():
    """By exit(3), where a sanitizer has its own opinion of what is left behind."""
    return Row("error", "ended the process it runs in") if SANITIZERS else ended(0)


def late(**fields):
    return Row("unavailable", "its deadline", at_timeout=DEADLINE_MS, **fields)


def breach(text="its process sent what is no answer"):
    return Row("error", f"broke the contract: {text}")


def told(text, **fields):
    """It tried, was refused, and says so."""
    return Row("denied", text, **fields)


def well(source="hostile"):
    return Row("ok", source)


def each(error, *names):
    return ", ".join(f"{name} {error}" for name in names)


@contextlib.contextmanager
def a_key(stage):
    yield {"path": files.write(stage.home / "key", "x")}


@contextlib.contextmanager
def two_files(stage):
    yield {"private": files.write(stage.home / "private", "x"),
           "public": files.write(stage.home / "public", "x", mode=0o644)}


@contextlib.contextmanager
def a_folder(stage):
    """With a file in it, and files beside it that are not the module's."""
    folder, beside = stage.home / "folder", stage.home / "folder-beside"
    for path in (folder, beside):
        path.mkdir(mode=0o700)
    for path in (folder / "mine", stage.home / "theirs", beside / "theirs"):
        files.write(path, "x")
    (folder / "link-to-theirs").symlink_to(stage.home / "theirs")
    before = sorted(stage.home.rglob("*"))
    yield {"folder": folder}
    assert sorted(stage.home.rglob("*")) == before
    assert (folder / "mine").read_text(encoding="utf-8") == "x"
    assert not list(pathlib.Path("/tmp").glob("keystile-hostile-*"))


@contextlib.contextmanager
def listeners(stage):
    """On loopback, and on an abstract socket, which belongs to no file."""
    name = f"keystile-{stage.folder.name}"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0{name}")
        abstract.listen()
        yield {"port": tcp.getsockname()[1], "abstract": name}


LOOKS = ", ".join([each("EPERM", "ptrace", "readv", "writev"), each("EACCES", "mem", "environ", "fd"),
                   each("EPERM", "pidfd", "getfd")])
SIGNALS = each("EPERM", "none", "SIGSTOP", "SIGTERM", "thread", "tkill", "queue", "owner")

ROWS = {
    "crash-at-load": crashed("SIGSEGV", seen="load"),
    "crash-in-open": crashed("SIGSEGV", seen="load"),
    "crash-in-resolve": crashed("SIGSEGV"),
    "crash-after-answer": crashed("SIGSEGV"),
    "crash-in-close": well(),
    "aborts": crashed("SIGABRT"),
    "kills-itself": crashed("SIGKILL"),
    "overflows-stack": crashed("SIGSEGV"),
    "frees-twice": ended(1) if SANITIZERS else crashed("SIGABRT"),
    "exits-at-load": ended(0, seen="load"),
    "exits-before-answer": exited(),
    "exits-after-answer": exited(),
    "exits-at-once": ended(0),
    "holds-the-socket": ended(3),
    "closes-every-descriptor": ended(1),

    "hangs-at-load": late(seen="load"),
    "hangs-in-open": late(seen="load"),
    "hangs-in-resolve": late(),
    "hangs-after-answer": late(),
    "hangs-in-close": well(),
    "sleeps": late(),
    "sleeps-into-grace": late(),
    "stops-itself": late(),
    "steals-replies": late(),
    "closes-socket": late(),
    "floods-log": late(),
    "floods-log-by-threads": late(),

    "calls-host": breach(),
    "asks-for-memory": told("memory ENOMEM"),
    "starts-threads": well(),
    "loads-a-library": well(),
    "opens-every-descriptor": told("fewer than 64, then EMFILE, one more EMFILE", prepare=a_key),
    "raises-limits": told(each("EPERM", "descriptors", "memory", "core", "core", "niceness")),
    "forks": told(each("EPERM", "fork", "fork call", "clone", "clone of a user namespace") + ", clone3 ENOSYS"),
    "vforks": told("vfork EPERM"),
    "runs-a-shell": told(each("EPERM", "posix_spawn", "execve", "execveat")),
    "outlives": told(each("EPERM", "death signal", "dumpable", "tracer", "subreaper", "session", "group") +
                     ", all as it was done"),
    "reads-caller": told(f"{LOOKS}, {LOOKS}", needs=("files",)),
    "signals-caller": told(f"{SIGNALS}, {SIGNALS}"),
    "reads-files": told(each("EACCES", "private", "public", "shadow", "root") + ", zeros done", needs=("files",),
                        prepare=two_files),
    "asks-for-ssh-key": told("~/.ssh/id_ed25519 is not a file that the entry names, so its worker may not have it; "
                             "name it with one of the module's options"),
    "asks-by-detour": told("/mine done, " + each("EPERM", "/../theirs", "/./../theirs", "/..", "-beside/theirs",
                                                 "/deeper/../../theirs", "/link-to-theirs", "//..//theirs"),
                           prepare=a_folder),
    "writes-files": told("read done, " + each("EPERM", "write", "truncate", "make", "nameless", "temporary", "mkdir",
                                              "mode", "unlink", "rename", "link", "symlink") +
                         ", memfd ENOSYS, openat2 ENOSYS", prepare=a_folder),
    "becomes-another": told(each("EPERM", "user", "group", "capabilities", "root", "mount", "namespace") +
                            ", folder ENOSYS, umask ENOSYS"),
    "asks-the-kernel": told(each("EPERM", "bpf", "io_uring", "keyctl", "userfaultfd", "perf", "handle") + ", " +
                            each("ENOSYS", "shm", "queue", "unknown")),
    "connects": told(each("EPERM", "tcp", "tcp6", "udp", "unix", "netlink", "pair", "connect", "bind", "listen",
                          "accept")),
    "network": told(each("EPERM", "packet", "raw", "ping", "vsock", "alg", "filter", "sctp", "mptcp") +
                    ", connect done, abstract EPERM, bind EACCES, listen EPERM", needs=("ports", "scope"),
                    prepare=listeners),

    "frame-half": breach(),
    "frame-oversize": breach(),
    "frame-wrong-length": breach(),
    "frame-wrong-type": breach(),
    "frame-wrong-version": Row("error", "is of another version than this"),
    "frame-garbage": breach(),
    "frame-empty": Row("error", "was ended together with its supervisor"),
    "frame-ready-again": breach(),
    "frame-replay": breach("it delivered after it had answered"),
    "frame-of-another-request": breach(),
    "frame-of-the-caller": breach(),
    "frame-done-first": breach("it returned ok and delivered nothing"),
    "frame-done-out-of-range": breach("it returned a result that is none"),
    "frame-ended": ended(0),
    "frame-undeclared": breach("it delivered a kind it does not declare"),
    "frame-kind-out-of-range": breach(),
    "frame-attribute-odd": breach(),
    "frame-stale": Row("error", "the worker cannot read the system's own files"),
    "frame-failed": Row("error", "is?[2J sk-ant-***?keystile: all is well; do?this"),
    "frame-descriptors": well(),
    # its own answers, although they came too early, or are there once more
    "frame-left-behind": well("forged"),
    "frame-at-load": breach(),
    "frame-at-load-of-more": well("forged"),
}
# Without a limit, it would have what it asks for.
NO_SANITIZER = {"asks-for-memory"}


def names(wanted=lambda row: True):
    return [pytest.param(name, marks=pytest.mark.no_sanitizer) if name in NO_SANITIZER else name
            for name, row in ROWS.items() if wanted(row)]


@pytest.fixture
def workers(stage):
    found = Workers(stage.folder)
    yield found
    assert found.outlive() == []


@pytest.fixture
def lacking(stage):
    """The measures that this kernel has not."""
    (module,) = stage.run("modules", "--json", "env").json["modules"]
    return set(module["lacking"])


def caller(stage, program):
    """The program, by a script that tells a module which process it is."""
    return stage.program(f"calling-{program.name}", "export KEYSTILE_HOSTILE_CALLER=$$", f'exec {program} "$@"')


def install(stage, name):
    (stage.modules / f"{name}.so").write_bytes((BUILT / f"{name}.so").read_bytes())


@contextlib.contextmanager
def stack(stage, name, lacking=()):
    """The module before one that must not be reached where it fails. Yields its row and the path of the stack."""
    row = ROWS[name]
    install(stage, name)
    if set(row.needs) & set(lacking):
        row = dataclasses.replace(row, text="")
    with row.prepare(stage) if row.prepare else contextlib.nullcontext({}) as options:
        yield row, stage.write(entry(name, at_isolate="process", at_timeout=f"{row.at_timeout}ms", **options),
                               debug(secret=LOWER))


def test_every_module_has_a_row():
    assert {path.stem for path in SOURCES.glob("*.c")} - {RANDOM} == set(ROWS)


@pytest.mark.parametrize("name", names())
def test_what_comes_of_it(stage, workers, lacking, record_property, name):
    with stack(stage, name, lacking) as (row, path):
        report = witness(stage, row.transport, command=caller(stage, WITNESS), **workers.variables)
    comes_to(report, row, name, path)
    assert changes_of_caller(report) == []
    took = dict(text.split(": ") for text in report.told("took"))
    over = int(took["resolve"]) - row.at_timeout
    if row.result == "unavailable":
        record_property("milliseconds after the deadline", over)
    assert over <= LATE_MS and int(took["close"]) <= LATE_MS


@pytest.mark.parametrize("name", names(stops_every_stack))
def test_the_command_says_so_in_one_line(stage, workers, name):
    with stack(stage, name) as (row, path):
        result = stage.get("-f", "json", command=caller(stage, TESTABLE), env=workers.variables)
    line, summary = result.messages
    assert (result.status, result.out) == (EXIT[row.result], "") and summary
    assert line.startswith(f"{path}:1: {name}.so: {row.result}: ") and row.text in line
    assert is_printable(result.err)


@pytest.mark.parametrize("name", names(lambda row: not stops_every_stack(row)))
def test_the_command_goes_on(stage, workers, name):
    with stack(stage, name) as (row, _):
        result = stage.get("-f", "json", command=caller(stage, TESTABLE), env=workers.variables)
    assert result.status == 0
    assert result.json["module"] == (f"{name}.so" if row.result == "ok" else "debug.so")
    assert is_printable(result.err)


@pytest.mark.parametrize("name", names())
def test_explain_says_what_it_did(stage, workers, lacking, name):
    with stack(stage, name, lacking) as (row, _):
        status, found = stage.explain(command=caller(stage, TESTABLE), env=workers.variables)
    step, behind = found["steps"]
    assert status == (EXIT[row.result] if stops_every_stack(row) else 0)
    assert step["result"] == row.result and step["ms"] <= row.at_timeout + LATE_MS
    assert step["action"] == ("done" if row.result == "ok" else "fail" if stops_every_stack(row) else "next")
    assert behind["action"] == ("done" if step["action"] == "next" else "unreached")


@pytest.mark.parametrize("name", names())
def test_check_sees_what_can_be_seen_without_a_request(stage, workers, name):
    with stack(stage, name) as (row, path):
        result = stage.run("check", command=caller(stage, TESTABLE), env=workers.variables)
    if row.seen == "request":
        assert (result.status, result.err) == (0, "")
    else:
        assert result.status == EXIT[row.result]
        assert result.message.startswith(f"{path}:1:") and row.text in result.message
        assert is_printable(result.err)


def resolves(stage, workers, count):
    """What so many requests of one context came to."""
    result = stage.run("open", *["resolve"] * count, "close", command=SCRIPT, env=workers.variables)
    return [line.removeprefix("resolve: ") for line in result.out.splitlines() if line.startswith("resolve: ")]


def test_an_answer_that_was_left_behind_is_not_that_of_the_next_request(stage, workers):
    with stack(stage, "frame-left-behind"):
        found = resolves(stage, workers, 4)
    assert found[0] == found[2] and found[0].startswith("ok: ")
    assert found[1] == found[3] and found[1].startswith("error: ") and "what is no answer" in found[1]


def test_a_crash_is_an_error_each_time_and_the_pauses_grow(stage, workers):
    with stack(stage, "crash-in-resolve"):
        found = resolves(stage, workers, 4)
    assert all(text.startswith("error: ") and ROWS["crash-in-resolve"].text in text for text in found)


def test_a_file_that_is_not_its_own_is_told_to_the_audit(stage, log, workers):
    with stack(stage, "asks-for-ssh-key"):
        stage.get(env=workers.variables)
    refused, answered = lines(log)
    assert refused.fields["outcome"] == "refused" and refused.fields["module"] == "asks-for-ssh-key.so"
    assert refused.fields["path"] == "~/.ssh/id_ed25519"
    assert answered.fields["module"] == "debug.so"


def test_the_audit_is_not_flooded(stage, log, workers):
    with stack(stage, "asks-by-detour"):
        stage.get(env=workers.variables)
    told_paths = [line.fields["path"] for line in lines(log) if line.fields["outcome"] == "refused"]
    assert len(told_paths) == 4 and all("theirs" in path or path.endswith("/..") for path in told_paths)
