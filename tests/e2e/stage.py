# SPDX-License-Identifier: MIT
"""A stage for the command under test: folders of its own, an environment of its own, and made-up secrets.

Every secret here contains CANARY. Stage.run() looks for that word in all that the command says, so every test is
also a test that no secret is told.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess

from memcheck import memcheck

BUILD = pathlib.Path(os.environ["KEYSTILE_BUILD"])
TESTABLE = BUILD / "tests" / "keystile-testable"
SCRIPT = BUILD / "tests" / "script"
WORKER = BUILD / "worker" / "keystile-worker"
PROVIDERS = ["credentials-file", "env", "file", "setup-token", "vault"]
MODULES = {**{name: BUILD / "providers" / f"{name}.so" for name in PROVIDERS},
           "debug": BUILD / "tests" / "debug.so", "login": BUILD / "tests" / "login.so"}

PREFIX = "keystile: "
CANARY = "CANARY"
TIMEOUT = 30
# Some user who is neither root nor the one who runs the tests.
STRANGER = 65534
# Some user who is not root, for popen(): a stranger, or where an ordinary user runs the tests, that one.
ORDINARY = STRANGER if os.geteuid() == 0 else None


def build_option(name):
    """How the build was configured."""
    options = json.loads((BUILD / "meson-info" / "intro-buildoptions.json").read_text(encoding="utf-8"))
    (value,) = [option["value"] for option in options if option["name"] == name]
    return value


ROOT = BUILD / "root"
INSTALLED = ROOT / "bin" / "keystile"
LIBDIR = ROOT / build_option("libdir")
# What may run under valgrind.
OURS = (TESTABLE, SCRIPT, INSTALLED)
# The sanitizers of the build ("address,undefined"), or None; and what tells them how to behave.
SANITIZERS = None if build_option("b_sanitize") == "none" else build_option("b_sanitize")
PASSED_ON = {name: os.environ[name] for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")
             if name in os.environ}


def secret(prefix, mark, length=108):
    """A made-up secret of the usual length."""
    return f"{prefix}{CANARY}-{mark}-".ljust(length - 2, "x") + "AA"


API_KEY = secret("sk-ant-api03-", "key")
OTHER_KEY = secret("sk-ant-api03-", "other-key")
SETUP_TOKEN = secret("sk-ant-oat01-", "setup-token")
FEDERATED_TOKEN = secret("sk-ant-oat01-", "federated-token")
GATEWAY_TOKEN = secret("gw-", "gateway-token", 48)
GATEWAY = "https://gateway.example/claude"
FIRST_PARTY = "https://api.anthropic.com"

# The keys of the JSON objects (design, section 8).
GET_KEYS = {"version", "service", "kind", "transport", "transports", "secret", "headers", "env", "attributes",
            "base_url", "expires_at", "payer", "source", "module", "fingerprint"}
EXPLAIN_KEYS = {"version", "service", "transport", "outcome", "steps", "winner", "shadows"}
STEP_KEYS = {"file", "line", "transport", "control", "module", "result", "action", "ms", "reason", "remedy"}
# As `get`, and no secret: not in `secret`, and not in the objects that carry it.
WINNER_KEYS = GET_KEYS - {"version", "secret", "headers", "env"}

# What a failed entry's result does to the exit status (design, section 4).
EXIT = {"not-configured": 1, "expired": 65, "invalid": 65, "unavailable": 75, "denied": 77, "misconfigured": 78,
        "error": 70}


def fingerprint(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def quoted(value):
    value = str(value)
    if not any(character in value for character in ' \t"\\#'):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def entry(module, transport="any", control="sufficient", **options):
    """One line of a stack. Options are named as in Python; at_timeout stands for @timeout."""
    words = [transport, control, f"{module}.so"]
    for name, value in options.items():
        name = name.removeprefix("at_").replace("_", "-") if not name.startswith("at_") else "@" + name[3:]
        words.append(f"{name}={quoted(value)}")
    return " ".join(words)


def debug(transport="any", control="sufficient", **options):
    """An entry of debug.so, which answers what its options say. It delivers API_KEY unless told otherwise."""
    if options.get("result", "ok") == "ok" and options.get("kind") != "stored-login":
        options.setdefault("secret", API_KEY)
    return entry("debug", transport, control, **options)


def homeless(modules):
    """Matches an entry of a stack with one of these modules that does not say where it is to run."""
    return re.compile(rf"^(?!.*@isolate=)((?:any|api|cli)\s+(?:\[.*?\]|[a-z]+)\s+{modules}\.so\b.*)$", re.MULTILINE)


# Those that would run elsewhere.
HOMELESS = {"process": homeless(r"\S+"), "none": homeless("vault")}
# What takes its answer from a module, and does nothing else.
ASKS = {"get", "explain"}
# Milliseconds that a module took; and what moves with their width.
TIMES = [(re.compile(r'"ms":[0-9.]+'), '"ms":0'), (re.compile(r" +[0-9]+\.[0-9]+(?= )"), " 0"), (re.compile(r" +"), " ")]


def in_own_processes(text, where="process"):
    """The text of a stack, with every module in a process of its own; or with `none`, in the caller's."""
    return HOMELESS[where].sub(rf"\1 @isolate={where}", text)


def timeless(text):
    """The text of `get` or `explain`, which is the same for every run that comes to the same."""
    for pattern, word in TIMES:
        text = pattern.sub(word, text)
    return text


@dataclasses.dataclass
class Result:
    """What a run came to."""
    status: int
    out: str
    err: str

    @property
    def messages(self):
        """The lines of standard error without their prefix. Each must have it."""
        lines = self.err.splitlines()
        assert all(line.startswith(PREFIX) for line in lines), self.err
        return [line.removeprefix(PREFIX) for line in lines]

    @property
    def message(self):
        """The only line of standard error."""
        messages = self.messages
        assert len(messages) == 1, messages
        return messages[0]

    @property
    def json(self):
        return json.loads(self.out)

    def equals(self, other):
        """Whether it is the same but for the time it took."""
        return (self.status, timeless(self.out), timeless(self.err)) == \
            (other.status, timeless(other.out), timeless(other.err))


class Stage:
    def __init__(self, folder):
        self.folder = folder
        self.config = self.make("etc")
        self.vendor = self.make("vendor")
        self.modules = self.make("modules")
        self.home = self.make("home")
        self.work = self.make("here")
        self.bin = self.make("bin")
        self.log = folder / "log"
        # Whether what asks modules does so a second time, with each in a process of its own.
        self.both_homes = False
        self.stacks = {}
        for name in ("env", "debug"):
            self.install(name)

    def make(self, name):
        path = self.folder / name
        path.mkdir(mode=0o755)
        path.chmod(0o755)
        return path

    def install(self, name):
        """Puts one of the modules into the folder of modules. Returns its path there."""
        return pathlib.Path(shutil.copy(MODULES[name], self.modules / f"{name}.so"))

    def write(self, *lines, service="default", place=None):
        """Writes the stack of a service. Returns its path."""
        path = (place or self.config) / f"{service}.conf"
        self.stacks[path] = "".join(f"{line}\n" for line in lines)
        path.write_text(self.stacks[path], encoding="utf-8")
        path.chmod(0o644)
        return path

    @contextlib.contextmanager
    def isolated(self, where="process"):
        """Meanwhile every entry that write() wrote has its module run in a process of its own; or in the caller's."""
        stacks = {path: text for path, text in self.stacks.items()
                  if path.is_file() and path.read_text(encoding="utf-8") == text}
        for path, text in stacks.items():
            path.write_text(in_own_processes(text, where), encoding="utf-8")
        yield
        for path, text in stacks.items():
            path.write_text(text, encoding="utf-8")

    def program(self, name, *lines, place=None):
        """Writes a shell script. `show` and `claude` are found by name, for their folder is first in PATH."""
        path = (place or self.bin) / name
        path.write_text("#!/bin/sh\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        path.chmod(0o755)
        return path

    def shower(self, name="show"):
        """A program that shows its process, arguments and environment; called claude, it stands in for that one."""
        return self.program(name, r"""printf '%s\0' "$$" "$0" $# "$@" """, "exec /usr/bin/env -0")

    def environment(self, **variables):
        return {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(self.home), "PWD": str(self.work),
                "KEYSTILE_TEST_CONFIG": str(self.config), "KEYSTILE_TEST_VENDOR": str(self.vendor),
                "KEYSTILE_TEST_MODULES": str(self.modules), "KEYSTILE_TEST_LOG": str(self.log),
                "KEYSTILE_TEST_WORKER": str(WORKER),
                **PASSED_ON, **variables}

    def popen(self, *args, command=TESTABLE, env=None, without=(), cwd=None, user=None, **options):
        """Starts the command. `env` comes on top of the stage's own, `without` is left out; `user` is a uid to run
        as."""
        variables = self.environment(**(env or {}))
        for name in without:
            del variables[name]
        if user is not None:
            options.update(user=user, group=user, extra_groups=[])
        for stream in ("stdin", "stdout", "stderr"):
            options.setdefault(stream, subprocess.PIPE)
        words = memcheck.words if command in OURS else []
        return subprocess.Popen([os.fspath(arg) for arg in (*words, command, *args)], env=variables,
                                cwd=cwd or self.work, **options)

    def run(self, *args, **options):
        """Runs the command to its end; where the test is of both homes, once in each, and the answers are the same.
        `reveals` is for what is meant to put the secret on standard output."""
        if memcheck.words:  # which start no worker, whatever the command is
            with self.isolated("none"):
                return self.run_once(*memcheck.in_time(ASKS, args), **options)
        if not (ASKS & set(args) and self.both_homes):
            return self.run_once(*args, **options)
        with self.isolated("none"):
            result = self.run_once(*args, **options)
        with self.isolated():
            other = self.run_once(*args, **options)
        if not result.equals(other):  # an end that is counted from now moves with the clock
            with self.isolated("none"):
                result = self.run_once(*args, **options)
        assert result.equals(other), f"a module answers otherwise in a process of its own: {result.err}{other.err}"
        return result

    def run_once(self, *args, stdin="", reveals=False, timeout=TIMEOUT, **options):
        with self.popen(*args, **options) as process:
            try:
                out, err = process.communicate(stdin.encode("utf-8", "surrogateescape"), timeout * memcheck.patience)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        texts = [(data or b"").decode("utf-8", "surrogateescape") for data in (out, err)]
        result = Result(process.returncode, *texts)
        assert CANARY not in result.err, "a secret on standard error"
        assert reveals or CANARY not in result.out, "a secret on standard output"
        return result

    def get(self, *args, **options):
        """`get`, which may put a secret on standard output, and nothing at all where it fails."""
        result = self.run("get", *args, reveals=True, **options)
        assert result.status == 0 or result.out == "", "something on standard output of a failed get"
        return result

    def refused(self, *args, **options):
        """`get -f json` from a stack of one entry, which must fail. Returns its result, and what is said of it."""
        result = self.get("-f", "json", *args, **options)
        told, _ = result.messages
        outcome, text = told.split(": ", 3)[2:]
        assert result.status == EXIT[outcome], told
        return outcome, text

    def json(self, *args, **options):
        """The object of `get -f json`, which must succeed in silence."""
        result = self.get("-f", "json", *args, **options)
        assert (result.status, result.err) == (0, ""), f"{result.status}: {result.err}"
        return result.json

    def explain(self, *args, **options):
        """`explain --json`; its exit status, and the object."""
        result = self.run("explain", "--json", *args, **options)
        return result.status, result.json


@dataclasses.dataclass
class Shown:
    """What a program of Stage.shower() told of itself."""
    pid: int
    name: str
    args: list
    env: dict


# A shell may add these to what it passes on.
OF_THE_SHELL = {"PWD", "OLDPWD", "SHLVL", "_"}


def shown(out):
    fields = out.split("\0")[:-1]
    count = int(fields[2])
    variables = dict(field.split("=", 1) for field in fields[3 + count:])
    return Shown(int(fields[0]), fields[1], fields[3:3 + count],
                 {name: value for name, value in variables.items() if name not in OF_THE_SHELL | memcheck.variables})
