# SPDX-License-Identifier: MIT
"""bench.py BUILD ROUNDS BAO: one table of what Keystile costs. bench/run.sh builds, and calls it.

Every figure has its peer in the same run: times are worth nothing by themselves, ratios are. The secrets are made up.
"""

import os
import pathlib
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import vault

BUILD, ROUNDS, BAO = pathlib.Path(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
ROOT = BUILD / "root"
KEYSTILE = ROOT / "bin" / "keystile"
LOG = BUILD / "log"
EMPTY, PAM, INTERLEAVE, INPROCESS, HOMES, STEPS = (
    BUILD / "bench" / name for name in ("empty", "pam", "interleave", "inprocess", "homes", "steps"))
NULL = "/dev/null"

KEY = "sk-ant-api03-" + "made-up-" * 11 + "AA"
TOKEN = "sk-ant-oat01-" + "made-up-" * 11 + "made-AA"
GROWTH = (1, 10, 100, 1000)
THREADS = (1, 8)
CALLS = 20000

# What a login shell has: getenv(3) has to pass it to come to the key, which was exported last.
USUAL = """SHELL PWD LOGNAME LANG LS_COLORS SSH_CONNECTION LESSCLOSE XDG_SESSION_CLASS TERM LESSOPEN USER SHLVL
    XDG_SESSION_ID XDG_RUNTIME_DIR SSH_CLIENT DBUS_SESSION_BUS_ADDRESS SSH_TTY OLDPWD EDITOR PAGER GOPATH NVM_DIR
    VIRTUAL_ENV DISPLAY XAUTHORITY GPG_TTY HISTSIZE""".split()

PAM_STACKS = {
    "one": ["auth required pam_permit.so"],
    "four": ["auth optional pam_echo.so", "auth optional pam_faildelay.so", "auth optional pam_debug.so",
             "auth required pam_permit.so"],
}


def write(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


class Stage:
    """A home and stacks. A service is named after the one thing its stack is about."""

    def __init__(self, folder):
        self.folder = folder
        self.home = folder / "home"
        self.environment = {**{name: f"/the/value/of/{name}" for name in USUAL}, "HOME": str(self.home),
                            "PATH": os.defpath, "CLAUDE_CODE_OAUTH_TOKEN": TOKEN, "ANTHROPIC_API_KEY": KEY}
        key = write(folder / "key", f"{KEY}\n", 0o600)
        expiry = int(time.time() + 8 * 3600) * 1000
        write(self.home / ".claude" / ".credentials.json", '{"claudeAiOauth":{"accessToken":"' + TOKEN +
              '","refreshToken":"sk-ant-ort01-' + "made-up-" * 11 + f'AA","expiresAt":{expiry},'
              '"scopes":["user:inference","user:profile"],"subscriptionType":"max"}}', 0o600)
        self.git_store = write(folder / "git-store", "https://user:made-up-password@git.example\n", 0o600)
        self.git_question = write(folder / "git-question", "protocol=https\nhost=git.example\n\n")
        for name, lines in PAM_STACKS.items():
            write(folder / "pam" / name, "".join(f"{line}\n" for line in lines))
        self.service("env", "any binding env.so")
        self.service("env-worker", "any binding env.so @isolate=process")
        self.service("file", f"any binding file.so path={key}")
        self.service("setup-token", "any binding setup-token.so")
        self.service("stored-login", "any binding credentials-file.so")
        for count in GROWTH:
            self.service(f"behind-{count}", *["any sufficient env.so"] * (count + 1))
            self.service(f"before-{count}", *["any sufficient env.so var=NOT_SET"] * count, "any sufficient env.so")

    @staticmethod
    def service(name, *lines):
        write(ROOT / "etc" / "keystile" / f"{name}.conf", "".join(f"{line}\n" for line in lines))

    def run(self, *words):
        done = subprocess.run([str(word) for word in words], env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, cwd=self.folder, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"bench: {words[0]} ended with {done.returncode}")
        return done.stdout


def run_in_turn(stage, commands, rounds=ROUNDS):
    """Returns the median time in microseconds, and the resident memory in KiB, by name."""
    listing = write(stage.folder / "commands", "".join(
        "\t".join([name, *map(str, words)]) + "\n" for name, words in commands.items()))
    times, memory = {}, {}
    for line in stage.run(INTERLEAVE, rounds, listing).splitlines():
        name, median, _, _, peak = line.split("\t")
        times[name], memory[name] = int(median) / 1000, int(peak)
    return times, memory


def get(service, *more):
    return [NULL, KEYSTILE, "get", "-s", service, *more]


def with_log(stage):
    """What a system log adds to a cold get: it is there for these alone."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        LOG.unlink(missing_ok=True)
        log.bind(str(LOG))
        reader = threading.Thread(target=lambda: all(iter(lambda: log.recv(65536), b"end")))
        reader.start()
        try:
            commands = {"empty": [NULL, EMPTY], "pam-one": [NULL, PAM, stage.folder / "pam", "one"],
                        "get-env": get("env")}
            return run_in_turn(stage, commands)
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"end", str(LOG))
            reader.join()
            LOG.unlink()


def processes(stage):
    """Every command, without a system log."""
    git = shutil.which("git")
    return run_in_turn(stage, {
        "empty": [NULL, EMPTY],
        "pam-one": [NULL, PAM, stage.folder / "pam", "one"],
        "pam-four": [NULL, PAM, stage.folder / "pam", "four"],
        "git": [stage.git_question, git, "credential-store", "--file", stage.git_store, "get"],
        "get-env": get("env"),
        "get-env-worker": get("env-worker"),
        "get-file": get("file"),
        "get-setup-token": get("setup-token", "-t", "cli"),
        "get-stored-login": get("stored-login", "-t", "cli", "-f", "json"),
        "env": [NULL, shutil.which("env"), EMPTY],
        "exec": [NULL, KEYSTILE, "exec", "-q", "-s", "env", "--", EMPTY],
        **{f"{place}-{count}": get(f"{place}-{count}") for place in ("behind", "before") for count in GROWTH},
    })


def calls_of(stage, service, calls):
    """How many system calls a program made that asks `calls` times."""
    told = stage.folder / "strace"
    stage.run("strace", "-f", "-qq", "-c", "-o", told, INPROCESS, service, "ANTHROPIC_API_KEY", 1, calls)
    return int(re.search(r"^100\.00 +\S+ +\S* +(\d+) .*total$", told.read_text(encoding="utf-8"), re.M).group(1))


def in_process(stage):
    """Yields for each provider and number of threads: nanoseconds of getenv and of resolve, allocations, calls."""
    for service in ("env", "file", "setup-token", "stored-login"):
        calls = (calls_of(stage, service, 1000) - calls_of(stage, service, 0)) / 1000
        for threads in THREADS:
            told = stage.run(INPROCESS, service, "ANTHROPIC_API_KEY", threads, CALLS)
            getenv, resolve, allocations = map(float, told.split("\t"))
            yield service, threads, getenv, resolve, allocations, calls


def steps(stage):
    """The microseconds of each step of a cold request, in order: medians over many processes."""
    times = {}
    for _ in range(ROUNDS):
        for words in (["env", "all"], ["env"], ["env", "worker"]):
            for line in stage.run(STEPS, *words).splitlines():
                name, nanoseconds = line.split("\t")
                times.setdefault(name, []).append(int(nanoseconds) / 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def homes(stage):
    """
    Returns the nanoseconds of a warm request here, in a worker, and of a round trip to another process, with all on
    one processor and with that process on another; the frames of a request; and the memory in KiB of the caller, the
    supervisor and the module's process.
    """
    def run(*more):
        told = [int(word) for word in stage.run(HOMES, "env", "env-worker", ROUNDS, *more).split("\t")]
        return told[:3], told[3:]

    def frames(rounds):
        told = stage.folder / "strace"
        stage.run("strace", "-f", "-qq", "-e", "trace=sendmsg", "-o", told, HOMES, "env", "env-worker", rounds)
        return told.read_text(encoding="utf-8").count("sendmsg(")

    together, memory = run()
    times = {"on one processor": together}
    if len(os.sched_getaffinity(0)) > 1:
        times["on two"] = run("apart")[0]
    return times, (frames(20) - frames(10)) / 10, memory


def show_vault(stage):
    """Whole processes once more, each way to log in by itself."""
    rows = []
    with vault.commands(BAO, stage.folder, get, stage.service, KEY) as ways:
        for way, (commands, environment) in ways.items():
            own = stage.environment
            stage.environment = {**own, **environment}
            times, memory = run_in_turn(stage, commands, min(ROUNDS, vault.ROUNDS_MAX))
            stage.environment = own
            rows += [[way, name, f"{times[name] / 1000:.1f}", f"{times[name] / times['keystile']:.2f}", memory[name]]
                     for name in commands]
    table(["a secret in OpenBao", "whole process", "ms", "of keystile", "KiB"], rows)


def verdict(value, limit, of_what):
    return f"{'met' if value <= limit else 'missed'}: at most {limit:g} {of_what}"


def table(head, rows):
    rows = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        print("  ".join(cell.ljust(width) if i in (0, len(head) - 1) else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))).rstrip())
    print()


def ratio(times, name):
    """What a command adds to an empty program, in terms of what PAM adds in the same run."""
    return (times[name] - times["empty"]) / (times["pam-one"] - times["empty"])


def show_processes(times, memory, logged):
    def row(what, name, judge="", figures=(times, memory)):
        times, memory = figures
        return [what, f"{times[name]:.0f}", f"{times[name] - times['empty']:.0f}", f"{ratio(times, name):.2f}",
                memory[name], judge]

    resident = verdict(memory["get-env"] * 1024 / 1e6, 1.4, "MB")
    table(["whole process", "us", "adds", "of PAM", "KiB", "expected"], [
        row("an empty program", "empty"),
        row("PAM, one module", "pam-one"),
        row("PAM, four modules", "pam-four"),
        row("git credential-store get", "git"),
        row("keystile get, environment", "get-env", verdict(ratio(times, "get-env"), 0.45, "of PAM") + "; " + resident),
        row("the same in a worker", "get-env-worker"),
        row("the same with a system log", "get-env", figures=logged),
        row("keystile get, file", "get-file", verdict(ratio(times, "get-file"), 0.65, "of PAM")),
        row("keystile get, setup-token", "get-setup-token"),
        row("keystile get, stored login", "get-stored-login"),
        row("env, of the empty program", "env"),
        row("keystile exec, of the same", "exec",
            verdict(times["exec"] / times["env"], 1.25, f"times env (is {times['exec'] / times['env']:.2f})")),
    ])


def show_growth(times):
    def each(place, count):
        return (times[f"{place}-{count}"] - times["get-env"]) / count

    table(["entries more", "behind the winner: us each", "not configured, before it: us each", "expected"], [
        [count, f"{each('behind', count):.2f}", f"{each('before', count):.2f}",
         verdict(each("behind", count), 10, "us behind")]
        for count in GROWTH])


def show_in_process(figures):
    rows = []
    for service, threads, getenv, resolve, allocations, calls in figures:
        judge = ""
        if service == "env" and threads == 1:
            judge = "; ".join([verdict(resolve / getenv, 12, "getenvs"), verdict(calls, 0, "calls"),
                               verdict(allocations, 0, "mallocs")])
        rows.append([service, threads, f"{getenv:.0f}", f"{resolve:.0f}", f"{resolve / getenv:.0f}", f"{calls:.1f}",
                     f"{allocations:.1f}", judge])
    table(["warm ks_resolve", "threads", "getenv ns", "resolve ns", "getenvs", "system calls", "mallocs",
           "expected"], rows)


def show_homes(times, figures):
    warm, frames, memory = figures
    cold = times["get-env-worker"] - times["get-env"]
    table(["env.so", "in process: us", "in a worker: us", "ratio", "beside its peer"], [
        ["cold get", f"{times['get-env']:.0f}", f"{times['get-env-worker']:.0f}",
         f"{times['get-env-worker'] / times['get-env']:.2f}",
         f"adds {cold / times['empty']:.2f} times an empty program"],
        *[[f"warm ks_resolve, {place}", f"{here / 1000:.2f}", f"{there / 1000:.2f}", f"{there / here:.0f}",
           f"{there / trip:.1f} round trips of {trip / 1000:.2f} us, of which it makes {frames / 2:g}"]
          for place, (here, there, trip) in warm.items()],
    ])
    table(["memory (PSS)", "KiB"], list(zip(("the caller", "the supervisor", "the module's process"), memory)))


def main():
    with tempfile.TemporaryDirectory(prefix="keystile-bench-") as folder:
        stage = Stage(pathlib.Path(folder))
        print(f"{platform.system()} {platform.release()}, {os.cpu_count()} processors, medians of {ROUNDS} rounds\n")
        times, memory = processes(stage)
        show_processes(times, memory, with_log(stage))
        show_growth(times)
        table(["a cold request, step by step", "us"], [[name, f"{us:.0f}"] for name, us in steps(stage).items()])
        show_in_process(in_process(stage))
        show_homes(times, homes(stage))
        show_vault(stage)


main()
