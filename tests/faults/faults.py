# SPDX-License-Identifier: MIT
"""Runs a command while one call fails, or all of them from one on, and judges what came of it.

Allocations fail in a library that is preloaded (preload.c), system calls by strace(1). Both kinds of run have the
library, which tells at the end what was left behind.
"""

import collections
import dataclasses
import functools
import json
import operator
import os
import re
import select
import shlex
import signal
import zlib

from stage import BUILD, CANARY, MODULES, PREFIX, TESTABLE

PRELOAD = BUILD / "tests" / "preload.so"
BRITTLE = BUILD / "tests" / "keystile-brittle"
REPORT_SIZE = 64 * 1024
TIMEOUT = 30
LIBC = "libc.so.6"
OWN = {TESTABLE.name, BRITTLE.name, *(path.name for path in MODULES.values())}
EVERY = 8  # in a sample: one in so many
EVERY_OF_LIBRARIES = 61  # where they make thousands; odd, so that there are those that last and those that do not

# What can become of each call besides success. What says something of a file and nothing of the machine (ENOENT,
# EACCES, ELOOP) is no fault. A + is for an error that may last.
ALLOCATION = "allocation"
STATUS = "EIO+ ENOMEM EINTR ESTALE"
ERRORS = {
    ALLOCATION: "ENOMEM+",
    "access": "EIO ENOMEM",
    "brk": "ENOMEM+",
    "chdir": "EIO ENOMEM EACCES",
    "clock_nanosleep": "EINTR",
    "clone": "EAGAIN+ ENOMEM+ EPERM",
    "close": "EIO EINTR",
    "close_range": "ENOSYS ENOMEM EMFILE",
    "connect": "ECONNREFUSED+ EAGAIN ENOENT EACCES EINTR",
    "dup3": "EMFILE EINTR EBUSY",
    "execve": "ENOMEM EAGAIN EIO E2BIG ETXTBSY EMFILE",
    "faccessat": "EIO ENOMEM ESTALE",
    "faccessat2": "EIO ENOMEM ESTALE",
    "fcntl": "EPERM",
    "fstat": STATUS,
    "fstatfs": "EIO+ ENOMEM EINTR",
    "getcwd": "ENOMEM",
    "getdents64": "EIO+ ENOMEM",
    "getpeername": "ENOBUFS ENOTCONN",
    "getrandom": "EAGAIN ENOSYS",
    "getsockname": "ENOBUFS",
    "getsockopt": "ENOMEM EPERM",
    "ioctl": "EIO EINTR",
    "lseek": "EIO",
    "lstat": STATUS,
    "madvise": "EINVAL+ ENOMEM EAGAIN",
    "mlock": "ENOMEM+ EPERM EAGAIN",
    "mmap": "ENOMEM+ EAGAIN ENFILE",
    "mprotect": "ENOMEM+",
    "munmap": "ENOMEM+",
    "name_to_handle_at": "ENOMEM EOPNOTSUPP EPERM ENOSYS",
    "newfstatat": STATUS,
    "openat": "EMFILE+ ENFILE+ ENOMEM EIO EINTR ESTALE",
    "openat2": "EMFILE+ ENFILE ENOMEM EIO EINTR EAGAIN",
    "poll": "EINTR ENOMEM",
    "pread64": "EIO+ ENOMEM EINTR ESTALE",
    "read": "EIO+ ENOMEM EINTR ESTALE",
    "readlink": "EIO ENOMEM",
    "readlinkat": "EIO ENOMEM",
    "recvfrom": "EAGAIN EINTR ENOMEM ECONNRESET+",
    "recvmsg": "EAGAIN EINTR ENOMEM ECONNRESET ENOBUFS",
    "sendmsg": "EAGAIN+ EINTR ENOBUFS ECONNRESET EPIPE ENOMEM ETOOMANYREFS",
    "sendto": "EAGAIN EINTR ENOBUFS ECONNRESET+ EPIPE ENOMEM",
    "setsid": "EPERM",
    "setsockopt": "ENOMEM EPERM",
    "shutdown": "ENOTCONN ENOBUFS",
    "socket": "EMFILE+ ENFILE ENOBUFS ENOMEM EAFNOSUPPORT EACCES",
    "socketpair": "EMFILE+ ENFILE ENOMEM EAFNOSUPPORT",
    "stat": STATUS,
    "statx": STATUS,
    "wait4": "EINTR ECHILD",
    "waitid": "EINTR ECHILD+ EINVAL+",
    "write": "EIO+ ENOSPC+ EPIPE+ EINTR EAGAIN",
}
# Calls that never fail, or are the library's own (ppoll). Any other call that the command makes must have errors.
WITHOUT_ERRORS = {"arch_prctl", "exit", "exit_group", "futex", "getegid", "geteuid", "getgid", "getpid", "getresgid",
                  "getresuid", "getuid", "ppoll", "prlimit64", "rseq", "rt_sigaction", "rt_sigprocmask",
                  "set_robust_list", "set_tid_address", "sysinfo"}
# In the brittle command every allocation is one of the C library's, and every secret has a mapping of its own. The
# other one has its secrets in one place, where it shows whether they are wiped.
CALLS = {BRITTLE: {ALLOCATION, "mmap"}, TESTABLE: {*ERRORS} - {ALLOCATION}}
# Those of which there are more or fewer from one run to the next: how often the heap grows, and how often somebody is
# waited for.
UNSTEADY = {"brk", "poll", "recvmsg", "shutdown", "waitid"}
CALL = re.compile(r"(\d+) +(\w+)\(")
INJECTED = "(INJECTED)"

# The statuses of a command that could not do its work: 70, and 126 where the program cannot be looked at or started.
FAILURES = {"get": {70}, "exec": {70, 126}, "explain": {70, 126}, "check": {70}}
# What claude reads from disk and cannot be examined stops exec, as what it must not find there does.
FAILURE_OF_SHADOWS = 78
# A worker that nothing can be sent to is taken for one that does not answer.
FAILURE_OF_DEADLINE = 75
# A server that cannot be reached.
FAILURE_OF_NETWORK = 75
# What libcurl's libraries say for themselves when they are loaded without memory.
OF_LIBRARIES = "Error in GnuTLS initialization: "
# OpenSSL (3.0) goes on where it could not make the lock of its random numbers, and then RAND_status() crashes.
# That nothing of vault.so does so is seen where no TLS is spoken.
CRASH_OF_OPENSSL = -signal.SIGSEGV
# Before main() the loader speaks for itself, or ends with SIGSEGV where it has no memory for the very first things.
FAILURES_OF_THE_LOADER = {127, -signal.SIGSEGV}


@dataclasses.dataclass(frozen=True)
class Fault:
    """The calls of this name are counted from 1: this one fails, and where it lasts, all behind it."""
    call: str
    error: str
    number: int
    lasts: bool = False
    is_early: bool = False  # before main()

    def __str__(self):
        return f"{self.call}:{self.error}:{self.number}{'+' if self.lasts else ''}"


@dataclasses.dataclass
class Report:
    """What the library told."""
    end: str = ""
    allocations: int = 0
    failed: int = 0
    unwiped: int = 0
    secrets: int = 0
    descriptors: int = 0
    own: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # blocks that were not freed
    others: collections.Counter = dataclasses.field(default_factory=collections.Counter)  # the C library's


def read_report(text):
    report = Report()
    for line in text.partition("\0")[0].splitlines():
        word, _, rest = line.partition(" ")
        if word == "block":
            place = rest.partition(" ")[2]
            (report.own if place.partition("+")[0] in OWN else report.others)[place] += 1
        elif word == "descriptor":
            report.descriptors += 1
        elif word == "end":
            report.end = rest
        else:
            setattr(report, word, int(rest))
    return report


@dataclasses.dataclass
class Run:
    argv: list
    status: int
    out: str
    err: str
    report: Report
    trace: list  # of the command itself
    later: list  # of the program that exec started

    @property
    def is_reached(self):
        return self.report.failed > 0 or any(INJECTED in line for line in self.trace)


def name_of(line):
    match = CALL.match(line)
    return match[2] if match else ""


def split(trace):
    """The command's own lines, and those of the program that exec starts. The first execve starts the command."""
    starts = [at for at, line in enumerate(trace) if name_of(line) == "execve" and line.endswith(" = 0")]
    end = starts[1] + 1 if len(starts) > 1 else len(trace)
    return trace[1:end], trace[end:]


def content(file):
    return os.pread(file, os.fstat(file).st_size, 0).decode("utf-8", "surrogateescape")


def end_in_time(process):
    """Waits without looking again and again, as Popen.wait() with a timeout does: that would be half of all time."""
    descriptor = os.pidfd_open(process.pid)
    try:
        if not select.select([descriptor], [], [], TIMEOUT)[0]:
            os.killpg(process.pid, signal.SIGKILL)
    finally:
        os.close(descriptor)


class Runner:
    """Runs one command in one scene, and knows what it comes to without a fault. Threads may share it."""

    def __init__(self, scene, command, program=TESTABLE):
        self.scene, self.command, self.program = scene, command, program
        self.usual = self.run()
        self.calls, self.early = self.count(self.run(traced=True).trace)
        unknown = self.calls.keys() - ERRORS.keys() - WITHOUT_ERRORS
        assert not unknown, f"system calls that are never made to fail: {sorted(unknown)}"

    def argv(self, fault, report, trace, last):
        """The command line; `report` and `trace` are descriptors, no trace is for a run without strace."""
        settings = [f"LD_PRELOAD={PRELOAD}", f"KEYSTILE_FAULT_REPORT={report}"]
        number = f"{fault.number}{f'..{last}' if last else '+' if fault.lasts else ''}" if fault else ""
        if fault and fault.call == ALLOCATION:
            settings.append(f"KEYSTILE_FAULT={number}")
        command = [str(self.program), *self.command]
        if trace is None:
            return [*self.scene.prefix, "env", *settings, *command]
        calls = f"{fault.call},execve" if fault else "all"
        # a worker's program is no part of the command; what becomes its process is, until then
        how_far = "--detach-on=execve" if self.scene.has_workers else "--seccomp-bpf"
        strace = ["strace", "-f", "-qq", how_far, "-o", f"/dev/fd/{trace}", "-e", f"trace={calls}"]
        if fault:
            # brk(2) has no errors: it returns another address than the one it was given
            how = "retval=0" if fault.call == "brk" else f"error={fault.error}"
            strace += ["-e", f"inject={fault.call}:{how}:when={number}"]
        return [*self.scene.prefix, *strace, *(word for setting in settings for word in ("-E", setting)), *command]

    def run(self, fault=None, traced=False, last=None):
        files = out, err, report, trace = [os.memfd_create(name) for name in ("out", "err", "report", "trace")]
        try:
            os.truncate(report, REPORT_SIZE)
            traced = traced or (fault is not None and fault.call != ALLOCATION)
            argv = self.argv(fault, report, trace if traced else None, last)
            with self.scene.start(argv, out, err, (report, trace)) as process:
                end_in_time(process)
            assert CANARY not in "".join(self.scene.heard()), "a secret in the log"
            return Run(argv, process.returncode, content(out), content(err), read_report(content(report)),
                       *split(content(trace).splitlines()))
        finally:
            for file in files:
                os.close(file)

    def run_with(self, fault):
        """The fault is the command's alone: where it lasts, it ends with the program that exec starts."""
        run = self.run(fault)
        if fault.lasts and any(INJECTED in line for line in run.later):
            run = self.run(fault, last=sum(name_of(line) == fault.call for line in run.trace))
        return run

    @staticmethod
    def count(trace):
        """How many calls of each name one process makes at most, and how many of those before main(). Each has its
        own count, by which they are made to fail."""
        counts, early = collections.defaultdict(collections.Counter), collections.Counter()
        for line in trace:
            match = CALL.match(line)
            if match:
                counts[match[1]][match[2]] += 1
            if "MAP_SHARED" in line:  # the library's report
                early = counts[match[1]].copy()
        return functools.reduce(operator.or_, counts.values()), early

    def faults(self):
        """Every one there is for this program, by the name of the call."""
        counts = {**self.calls, ALLOCATION: self.usual.report.allocations}
        for call in sorted(counts.keys() & CALLS[self.program]):
            yield [fault for error in ERRORS[call].split() for number in range(1, counts[call] + 1)
                   for fault in self.faults_at(call, error, number)]

    def faults_at(self, call, error, number):
        if call == "mmap" and number == self.early[call]:
            return  # the library's own
        is_early = number <= self.early[call]
        yield Fault(call, error.rstrip("+"), number, is_early=is_early)
        if error.endswith("+") and not is_early:
            yield Fault(call, error.rstrip("+"), number, lasts=True)


def sample(faults, name, every):
    """Some of the faults of one call, at least one of any: always the same for a name, and others for another."""
    start = zlib.crc32(name.encode()) % max(1, min(every, len(faults)))
    return faults[start::every]


def parse(text):
    call, error, number = text.split(":")
    return Fault(call, error, int(number.rstrip("+")), lasts=number.endswith("+"))


def answer(command, out):
    """What a command that succeeded said, without what differs from one time to the next. More shadows are no other
    answer: they stand for what could not be examined."""
    if command[0] != "explain":
        return out
    if "--json" not in command:
        return re.sub(r" \d+\.\d ", " ", re.sub(" +", " ", out.partition("\nshadows: ")[0]))
    said = json.loads(out)
    del said["shadows"]
    for step in said["steps"]:
        del step["ms"]
    return said


def is_same_answer(runner, run):
    return runner.usual.status == 0 and answer(runner.command, run.out) == answer(runner.command, runner.usual.out)


def judge(runner, fault, run):
    """What is wrong with what became of a fault; None for nothing."""
    if runner.scene.speaks_tls and fault.call == ALLOCATION and run.status == CRASH_OF_OPENSSL:
        return "a secret on standard error" if CANARY in run.err else None
    if not run.is_reached and fault.call not in UNSTEADY:
        return "it did not happen"
    if CANARY in run.err:
        return "a secret on standard error"
    if run.status == 0 and not is_same_answer(runner, run):
        return "another answer"
    if fault.is_early and not run.report.end:
        return None if run.status == 0 or run.status in FAILURES_OF_THE_LOADER else f"status {run.status}"
    if run.status < 0:
        return f"killed by signal {-run.status}"
    return judge_failure(runner, fault, run) or judge_remains(runner, fault, run)


def judge_failure(runner, fault, run):
    """The exit status, and what was said."""
    allowed = FAILURES[runner.command[0]] | {0, runner.usual.status}
    if "claude" in runner.command:
        allowed |= {FAILURE_OF_SHADOWS}
    if runner.scene.has_workers and (fault.call, fault.error, fault.lasts) == ("sendmsg", "EAGAIN", True):
        allowed |= {FAILURE_OF_DEADLINE}
    if runner.scene.needs_libraries:
        allowed |= {FAILURE_OF_NETWORK}
    if run.status not in allowed:
        return f"exit status {run.status}"
    lines = [line for line in run.err.splitlines()
             if not (runner.scene.needs_libraries and line.startswith(OF_LIBRARIES))]
    if not all(line.startswith(PREFIX) for line in lines):
        return "a message that is none of keystile's"
    if run.status != 0 and not lines and fault.call != "write":
        return "a failure without a message"
    # a descriptor that cannot be closed may have lost what was written to it before
    if run.status != 0 and runner.command[0] in ("get", "exec") and run.out and fault.call != "close":
        return "a failure with an answer"
    return None


def judge_remains(runner, fault, run):
    """What was left behind, which may be what is left without a fault, and nothing of it where the command failed."""
    report, usual = run.report, runner.usual.report
    may_remain = usual if run.status == 0 else Report(end="exit", others=usual.others)
    if report.end != may_remain.end:
        return "it did not come to its end"
    if report.own - may_remain.own:
        return f"memory that was not freed: {dict(report.own)}"
    others = report.others - may_remain.others
    if runner.scene.needs_libraries:  # what they and their loader keep is theirs, and they lose some without memory
        others = {place: count for place, count in others.items() if place.partition("+")[0] == LIBC}
    if others:
        return f"memory of the C library that was not freed: {dict(others)}"
    if report.descriptors > (fault.call == "close"):
        return f"{report.descriptors} descriptors left open"
    if report.unwiped:
        return "memory freed with a secret in it"
    if report.secrets > may_remain.secrets:
        return "a secret left in memory"
    return None


def describe(fault, run, reason):
    told = "".join(f"\n    | {line}" for line in run.err.splitlines())
    return f"{fault}: {reason}\n  status {run.status} of: {shlex.join(run.argv)}{told}"
