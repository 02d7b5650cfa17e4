# SPDX-License-Identifier: MIT
"""What an author of modules has: the example, the manual page's way to build it, and keystile-module-test.

The kit must pass every module that keeps the contract, and of the others it must name the rule they break:
tests/hostile has most of those, and BROKEN the ones that only a kit looks for. (keystile-provider(7), keystile-module-test(1))
"""

import dataclasses
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import time

import pytest
import vault_logins
import vault_steps
from stage import (API_KEY, BUILD, CANARY, LIBDIR, ORDINARY, PASSED_ON, PROVIDERS, ROOT, SANITIZERS,
                   SETUP_TOKEN, entry, secret)
from vault_server import Server

pytestmark = pytest.mark.no_memcheck

KIT = ROOT / "bin" / "keystile-module-test"
TREE = pathlib.Path(__file__).parent.parent.parent
HOSTILE = BUILD / "tests" / "hostile"
PAGE = TREE / "man" / "keystile-provider.7"
SECONDS = 300   # a module that hangs is given its time
EXAMPLE_LINES = 60

CALLER, WORKER = "caller", "worker"
BEFORE = ["note", "exports", "load in caller", "options"]
EVERYWHERE = ["open", "resolve-fresh", "state", "leaks", "deadline", "fork", "threads"]
HERE = ["open-io", "close"]
RESOLVE = {"api": ["resolve-api"], "cli": ["resolve-cli"], "any": ["resolve-api", "resolve-cli"]}


@dataclasses.dataclass
class Report:
    status: int
    lines: list
    err: str

    @property
    def passed(self):
        return [line.removeprefix("ok ") for line in self.lines if line.startswith("ok ")]

    @property
    def broken(self):
        """Of each check that failed: its name, and where the rule stands."""
        lines = [line for line in self.lines if line.startswith("not ok ")]
        found = [re.match(r'not ok (.*?): (.*?), ".*?": .', line) for line in lines]
        assert None not in found, self.lines
        return [(match[1], match[2]) for match in found]

    @property
    def left_out(self):
        return re.findall(r"^keystile-module-test: (\S+(?: in \w+)?): left out: ", self.err, re.MULTILINE)


def alive(temporary):
    """The processes that run the kit in that folder."""
    found, variable = [], f"TMPDIR={temporary}\0".encode()
    for number in filter(str.isdigit, os.listdir("/proc")):
        process = pathlib.Path("/proc", number)
        try:
            if (process / "exe").readlink() == KIT and variable in (process / "environ").read_bytes():
                found.append(number)
        except OSError:     # it has ended, or is another user's
            pass
    return found


def nobody_is_left(temporary):
    """Whether all that ran the kit there have ended; one that was killed may need a moment for it."""
    deadline = time.monotonic() + 5
    while alive(temporary) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(temporary)


class Kit:
    """keystile-module-test in an environment of its own, as root or as an ordinary user."""

    def __init__(self, stage, user=None):
        self.stage, self.user = stage, user
        self.temporary = stage.make("temporary")
        if user is not None:
            os.chown(self.temporary, user, user)

    def popen(self, *args, **variables):
        env = {"PATH": "/usr/bin:/bin", "HOME": str(self.stage.home), "TMPDIR": str(self.temporary), **PASSED_ON,
               **variables}
        user = {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}
        return subprocess.Popen([KIT, *args], env=env, cwd=self.stage.work, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **user)

    def run(self, *args, **variables):
        """Its report: whole, without a secret, and nothing is left of the run."""
        with self.popen(*args, **variables) as process:
            out, err = process.communicate(timeout=SECONDS)
        assert CANARY not in out + err, "a secret in the report"
        assert list(self.temporary.iterdir()) == [] and nobody_is_left(self.temporary)
        report = Report(process.returncode, out.splitlines(), err)
        if report.lines:
            assert report.lines[-1] == f"{len(report.passed)} passed, {len(report.broken)} failed", out + err
            assert len(report.lines) == len(report.passed) + len(report.broken) + 1, out
        return report


@pytest.fixture
def kit(stage):
    return Kit(stage)


def pkg_config(*args):
    return subprocess.run(["pkg-config", *args, "keystile"], capture_output=True, text=True, timeout=30, check=True,
                          env={**os.environ, "PKG_CONFIG_PATH": str(LIBDIR / "pkgconfig")}).stdout.strip()


def passes(report, transports="any", without=()):
    """Whether all checks passed in both homes, but for those that had nothing to look at."""
    without = [f"secret in {CALLER}"] if SANITIZERS else without
    assert (report.status, report.broken) == (0, []), report.lines
    everywhere = EVERYWHERE + RESOLVE[transports]
    expected = {*BEFORE, *(f"{name} in {home}" for name in everywhere for home in (CALLER, WORKER)),
                *(f"{name} in {CALLER}" for name in HERE), f"secret in {CALLER}", f"same-answer in {WORKER}"}
    assert set(report.passed) == expected - set(without) and report.left_out == list(without)


def passes_in_a_worker(report):
    """Whether all did of a module that is for a network, of which the caller's process is no home."""
    assert (report.status, report.broken, report.left_out) == (0, [], []), report.lines
    assert "in caller: left out: a module with KS_PROVIDER_NETWORK" in report.err
    assert set(report.passed) == {*BEFORE, *(f"{name} in {WORKER}" for name in EVERYWHERE + RESOLVE["any"])}


# --- as a newcomer --------------------------------------------------------------------------------------------------

def commands_of_the_page():
    """The command lines that keystile-provider(7) gives, each as one line."""
    text = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=200", PAGE], capture_output=True, text=True,
                          timeout=30, check=True).stdout
    text = re.sub(r"\\\n *", "", re.sub(".\b", "", text))
    return [line.strip().removeprefix("$ ") for line in text.splitlines() if line.strip().startswith("$ ")]


@pytest.fixture
def newcomer(stage):
    """Runs commands in a copy of the example, with the manual page's first one done. As who runs the tests."""
    folder = stage.folder / "author"
    folder.mkdir(mode=0o755)

    def run(command, place=folder / "first-line"):
        env = {"PATH": f"{ROOT / 'bin'}:/usr/bin:/bin", "PKG_CONFIG_PATH": str(LIBDIR / "pkgconfig"),
               "TMPDIR": str(folder), "HOME": str(stage.home), **PASSED_ON}
        done = subprocess.run(["sh", "-ec", command], cwd=place, env=env, capture_output=True, text=True,
                              timeout=SECONDS, check=False)
        assert done.returncode == 0, command + done.stdout + done.stderr
        return done.stdout
    copy, = [command for command in commands_of_the_page() if command.startswith("cp -r ")]
    run(copy, folder)
    run.folder = folder / "first-line"
    return run


def test_the_page_leads_to_a_tested_module(newcomer):
    """All of its commands in their order, but for the installation."""
    commands = commands_of_the_page()
    first = [command for command in commands if not command.startswith(("cp ", "cd ", "sudo ", "cc "))]
    assert [command.split()[0] for command in first] == ["make", "install", "keystile-module-test"]
    assert len(commands) == len(first) + 4
    for command in first:
        out = newcomer(command)
    assert out.endswith(" passed, 0 failed\n")


def test_the_command_of_the_page_builds_without_a_warning(newcomer):
    command, = [command for command in commands_of_the_page() if command.startswith("cc ")]
    newcomer(command.replace("cc ", "cc -Wall -Wextra -Wpedantic -Wconversion -Werror ", 1))
    assert (newcomer.folder / "first-line.so").exists()


def test_make_installs_where_modules_are(newcomer, stage):
    newcomer(f"make install DESTDIR={shlex.quote(str(stage.folder / 'dest'))}")
    moduledir = pkg_config("--variable=moduledir")
    module = stage.folder / "dest" / moduledir.lstrip("/") / "first-line.so"
    assert module.stat().st_mode & 0o777 == 0o644


def test_the_example_is_short():
    example = pathlib.Path(pkg_config("--variable=exampledir")) / "first-line.c"
    assert len(example.read_text(encoding="utf-8").splitlines()) <= EXAMPLE_LINES


@pytest.fixture
def example(newcomer, stage):
    """The example, built and installed; returns a function that asks for the key in a file of some content."""
    newcomer("make")
    shutil.copy(newcomer.folder / "first-line.so", stage.modules)

    def ask(content, mode=0o600, name="key", **options):
        path = stage.home / name
        if content is not None:
            path.write_bytes(content)
            path.chmod(mode)
        stage.write(entry("first-line", path=f"~/{name}", **options))
        return stage
    return ask


@pytest.mark.parametrize("home", ["none", "process"])
@pytest.mark.parametrize("content", [API_KEY, f"{API_KEY}\n", f"{API_KEY}\r\n# of the billing bot\n"])
def test_the_example_reads_the_first_line(example, content, home):
    found = example(content.encode(), at_isolate=home).json()
    assert (found["secret"], found["source"], found["module"]) == (API_KEY, "~/key", "first-line.so")


@pytest.mark.parametrize("home", ["none", "process"])
@pytest.mark.parametrize("content, mode, name, result, text", [
    (None, 0, "key", "not-configured", "does not exist"),
    (API_KEY.encode(), 0o644, "key", "invalid", "is open to others (mode 0644)"),
    (b"", 0o600, "key", "invalid", "is empty"),
    (b"\n" + API_KEY.encode(), 0o600, "key", "invalid", "is empty"),
    (b"x" * 20000, 0o600, "key", "invalid", "has more than 16384 bytes"),
    (SETUP_TOKEN.encode(), 0o600, "key", "invalid", "is an OAuth access token"),
    (None, 0, "folder/", "misconfigured", "option path names a folder"),
])
def test_the_example_says_why_there_is_none(example, content, mode, name, result, text, home):
    outcome, told = example(content, mode, name, at_isolate=home).refused()
    assert outcome == result and text in told


# --- modules that keep the contract ---------------------------------------------------------------------------------

def own_file(kit, name, content):
    """A file of the user's, with a secret in it. Returns its path."""
    path = kit.stage.home / name
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    if kit.user is not None:
        os.chown(path, kit.user, kit.user)
    return path


GOOD = {
    "env": ([], {"ANTHROPIC_API_KEY": API_KEY}, "any", ()),
    "env with nothing": ([], {}, "any", [f"secret in {CALLER}"]),
    "file": (["path={key}"], {}, "any", ()),
    "file in the home": (["path=~/key", "@timeout=3s"], {}, "any", ()),
    "setup-token": ([], {"CLAUDE_CODE_OAUTH_TOKEN": SETUP_TOKEN}, "cli", ()),
    "credentials-file": ([], {}, "cli", [f"secret in {CALLER}"]),
}


# Those that a server answers, with tests of their own.
OF_A_NETWORK = {"vault"}


def test_every_provider_is_tested():
    assert {name.split()[0] for name in GOOD} | OF_A_NETWORK == set(PROVIDERS)


@pytest.mark.ordinary_user
@pytest.mark.parametrize("name", GOOD)
def test_every_provider_passes(stage, name):
    kit = Kit(stage, ORDINARY)
    options, variables, transports, without = GOOD[name]
    key = own_file(kit, "key", API_KEY)
    options = [option.format(key=key) for option in options]
    passes(kit.run(LIBDIR / "keystile" / f"{name.split()[0]}.so", *options, **variables), transports, without)


def vault_passes(kit, options, **variables):
    """Whether vault.so does, which delivers a key with these options: any answer is good enough for the kit."""
    kit.stage.write(entry("vault", **options))
    assert kit.stage.json(env=variables)["secret"] == API_KEY
    words = [f"{name.replace('_', '-')}={value}" for name, value in options.items()]
    passes_in_a_worker(kit.run(LIBDIR / "keystile" / "vault.so", *words, **variables))


@pytest.mark.ordinary_user
def test_vault_passes(stage):
    stage.install("vault")
    with Server(lambda _: vault_steps.answer({"data": {"api_key": API_KEY}})) as server:
        options = {"addr": server.url, "path": "kv/claude", "mount": "kv", "kv_version": 1}
        vault_passes(Kit(stage, ORDINARY), options, VAULT_TOKEN=secret("s.", "token", 32))


def test_vault_passes_with_a_real_server(vault):
    """Where each state logs in, and speaks TLS."""
    found = vault.secret()
    login = vault_logins.approle(vault, found).options
    vault_passes(Kit(vault), {**vault.at_server(), **login, "path": found.path})


@pytest.mark.ordinary_user
def test_the_example_passes(stage):
    kit = Kit(stage, ORDINARY)
    module = stage.folder / "first-line.so"
    shutil.copy(BUILD / "tests" / "first-line.so", module)
    passes(kit.run(module, f"path={own_file(kit, 'key', API_KEY)}"))


@pytest.mark.parametrize("name", ["log-escape", "note-optional-flag", "open-reads", "source-escape",
                                  "transports-wider"])
def test_what_is_merely_odd_passes(kit, name):
    assert kit.run(HOSTILE / f"{name}.so").broken == []


def test_a_module_in_a_folder_that_others_may_write_to_is_tested(kit, stage):
    folder = stage.make("shared")
    folder.chmod(0o777)
    shutil.copy(BUILD / "tests" / "first-line.so", folder)
    assert kit.run(folder / "first-line.so", f"path={own_file(kit, 'key', API_KEY)}").status == 0


# --- modules that break it ------------------------------------------------------------------------------------------

def everywhere(checks, rule):
    return [(f"{check} in {home}", rule) for home in (CALLER, WORKER) for check in checks]


def here(checks, rule):
    return [(f"{check} in {CALLER}", rule) for check in checks]


ASKED = ["resolve-api", "resolve-cli", "resolve-fresh"]
ANSWER = everywhere(ASKED, "rule 3")
FAIL = everywhere(ASKED, "host->fail()")
DELIVERY = everywhere(ASKED, "struct ks_delivery")
STATE = here(["state"], "rule 5")
OUTPUT = here(["state"], "rule 6")
NOTE = [("note", "rule 1")]
LOAD = here(["load"], "rule 1")
OPEN = everywhere(["open"], "rule 2")

HOSTILE_ROWS = {
    **dict.fromkeys(["note-missing", "note-twice", "note-name", "note-escape", "note-option-type"], NOTE),
    **dict.fromkeys(["descriptor-null", "descriptor-magic", "descriptor-flags", "descriptor-option-help",
                     "descriptor-no-resolve", "descriptor-short"], LOAD),
    **dict.fromkeys(["entry-missing", "entry-in-dependency"], [("exports", "rule 1")]),
    "dependency-missing": here(["load"], "the contract"),
    **dict.fromkeys(["open-delivers", "open-fails", "open-unknown-result", "open-without-reason",
                     "open-refuses-and-succeeds"], OPEN),
    **dict.fromkeys(["open-refuses-none", "open-refuses-silently"], everywhere(["open"], "host->bad_option()")),
    "refuses-option-late": everywhere(ASKED, "host->bad_option()"),
    **dict.fromkeys(["ok-without-delivery", "failure-without-reason", "deliver-twice", "deliver-then-fail",
                     "fail-then-return-ok", "negative-result"], ANSWER),
    **dict.fromkeys(["fail-with-ok", "fail-without-reason"], FAIL),
    **dict.fromkeys(["kind-undeclared", "source-null", "source-secret", "attribute-twice", "expiry-negative",
                     "secret-with-handle", "delivery-short"], DELIVERY),
    "text-secret": everywhere(ASKED, "rule 6"),
    **dict.fromkeys(["changes-umask", "changes-signal", "changes-locale", "changes-when-loaded", "changes-in-open",
                     "changes-in-close", "changes-name", "leaves-alarm", "replaces-descriptor"], STATE),
    **dict.fromkeys(["writes-output", "writes-error", "reads-input"], OUTPUT),
    "leaves-key": here(["state", "leaks"], "rule 5"),
}
# What the worker keeps them from doing shows there as well, and differently from one kernel to the next.
IN_THE_CALLER = {
    "changes-directory": STATE,
    "changes-limit": STATE,
    "changes-process-group": STATE,
    "changes-death-signal": STATE,
    "leaves-child": here(["state", "leaks"], "rule 5"),
    "leaks-descriptor": here(["state", "leaks"], "rule 6"),
}


@pytest.mark.parametrize("name", HOSTILE_ROWS)
def test_a_broken_rule_is_named(kit, name):
    report = kit.run(HOSTILE / f"{name}.so")
    assert (report.status, report.broken) == (1, HOSTILE_ROWS[name]), report.lines


@pytest.mark.parametrize("name", IN_THE_CALLER)
def test_a_broken_rule_is_named_for_the_caller(kit, name):
    report = kit.run(HOSTILE / f"{name}.so")
    found = [(check, rule) for check, rule in report.broken if check.endswith(CALLER)]
    assert (report.status, found) == (1, IN_THE_CALLER[name]), report.lines


SOURCE = """
#define HOSTILE_NAME "broken"
#include "hostile.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static inline void rest(long ms)
{
	const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&time, 0);
}
"""
OPENS = """
static int open_it(const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)host; (void)settings; (void)stride; (void)ret_state;
	%s
	return KS_OK;
}
"""
RESOLVES = """
static int resolve_it(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	(void)state; (void)request;
	%s
	return deliver_well(host);
}
"""
CLOSES = """
static void close_it(void *state)
{
	(void)state;
	%s
}
"""


# A module of which two may not be at work at once.
ONE_AT_A_TIME = """
	if (%s++ > 0) {
		%s--;
		return host->fail(host, KS_DENIED, "x", "is in use", 0);
	}
	rest(2);
	%s--;
"""


def source(before="", open="", resolve="", close="", options="", flags="0"):
    """A module that is good but for what is put into its functions, and in front of them."""
    options = f"#define OPTIONS(X) {options}\n" if options else "#define OPTIONS KS_NONE\n"
    return SOURCE + before + OPENS % open + RESOLVES % resolve + CLOSES % close + options + (
        f'KS_PROVIDER("broken", "1.0.0", "breaks a rule, for tests", {flags}, ALL_TRANSPORTS, KS_KIND_API_KEY,\n'
        "	OPTIONS, KS_NONE, open_it, resolve_it, close_it)\n")


# Where resolve() ends the process it runs in, all that call it come to that; in a worker only who judges the answer.
DEAD = here([*ASKED, "close", "state", "leaks", *([] if SANITIZERS else ["secret"]), "deadline", "fork", "threads"],
            "rule 5") + [
    *((f"{name} in {WORKER}", "rule 5") for name in (*ASKED, "same-answer"))]

# Modules by what they do: the source, and what the report says.
BROKEN = {
    "a second symbol": (
        source(before='__attribute__((visibility("default"))) int more(void);\nint more(void) { return 1; }'),
        [("exports", "rule 1")]),
    "a constructor that aborts": (
        source(before="__attribute__((constructor)) static void start(void) { abort(); }"),
        here(["load"], "rule 5")),
    "a symbol that nobody has": (
        source(before="extern int nobody_has_it(void);", open="return nobody_has_it();"),
        here(["load"], "the contract")),
    "an option without help": (
        source(options='X("depth", NUMBER, OPTIONAL, "", "")'), [("options", "struct ks_option")]),
    "a default of another type": (
        source(options='X("file", PATH, OPTIONAL, "key", "the file")'), [("options", "struct ks_option")]),
    "open() crashes": (source(open="raise(SIGSEGV);"), everywhere(["open"], "rule 5")),
    "open() exits": (source(open="_exit(0);"), everywhere(["open"], "rule 5")),
    "open() hangs": (source(open="for (;;) (void)pause();"), everywhere(["open"], "rule 6")),
    "open() reads a file": (
        source(open='(void)close(open("/etc/passwd", O_RDONLY | O_CLOEXEC));'), here(["open-io"], "rule 2")),
    "open() looks for a file": (
        source(open='(void)!access("/etc/passwd", R_OK);'), here(["open-io"], "rule 2")),
    "resolve() aborts": (source(resolve="abort();"), DEAD),
    "resolve() exits": (source(resolve="exit(0);"), DEAD),
    "close() aborts": (source(close="abort();"), here(["open"], "rule 4")),
    "close(NULL) crashes": (
        source(open='*ret_state = strdup("x");', close="if (!state) raise(SIGSEGV); free(state);"),
        here(["close"], "rule 4")),
    "it is late where it has little time": (
        source(resolve="if (host->time_left(host) < 1000) rest(1000);"), everywhere(["deadline"], "rule 6")),
    "open() leaks": (
        source(open="void *volatile lost = malloc(64); (void)lost;"), here(["leaks"], "rule 4")),
    "resolve() leaks": (
        source(resolve="void *volatile lost = malloc(64); (void)lost;"), here(["leaks"], "Memory")),
    "resolve() keeps the secret": (
        source(before="static volatile char kept[sizeof(SECRET)];",
               resolve="for (size_t i = 0; i < sizeof(kept); i++) kept[i] = SECRET[i];"),
        here(["secret"], "rule 7")),
    "a handler of fork": (
        source(before="static void in_child(void) { abort(); }\n"
                      "__attribute__((constructor)) static void start(void) { pthread_atfork(0, 0, in_child); }"),
        here(["fork"], "rule 5")),
    "states that meet": (
        source(before="static _Atomic int users;", resolve=ONE_AT_A_TIME % ("users", "users", "users")),
        here(["threads"], "rule 3")),
    "a promise to be reentrant": (
        source(before="struct it { _Atomic int users; };", open="*ret_state = calloc(1, sizeof(struct it));",
               resolve="struct it *it = state;" + ONE_AT_A_TIME % ("it->users", "it->users", "it->users"),
               close="free(state);", flags="KS_PROVIDER_REENTRANT"), here(["threads"], "rule 3")),
    "a child that stays": (
        source(resolve="if (fork() == 0) for (;;) (void)pause();"), here(["state", "leaks"], "rule 5")),
    # the session of a worker is its own
    "another answer in a worker": (
        source(resolve='if (getsid(0) == getppid()) '
                       'return host->fail(host, KS_NOT_CONFIGURED, "x", "is not there", 0);'),
        [(f"same-answer in {WORKER}", "rule 8")]),
}
# A sanitizer has an allocator of its own, and copies of what it watches.
OF_THE_HEAP = {"open() leaks", "resolve() leaks", "resolve() keeps the secret"}


def build(stage, text, *words):
    path, module = stage.folder / "broken.c", stage.folder / "broken.so"
    path.write_text(text, encoding="utf-8")
    subprocess.run(["cc", "-shared", "-fPIC", "-fvisibility=hidden", "-D_GNU_SOURCE", f"-I{ROOT}/include",
                    f"-I{TREE}/tests/hostile", path, "-o", module, *words], timeout=60, check=True)
    return module


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.no_sanitizer) if name in OF_THE_HEAP else name
                                  for name in BROKEN])
def test_a_rule_that_only_the_kit_looks_at_is_named(kit, stage, name):
    text, expected = BROKEN[name]
    report = kit.run(build(stage, text))
    assert (report.status, report.broken) == (1, expected), report.lines


def test_the_module_of_these_tests_is_good_by_itself(kit, stage):
    passes(kit.run(build(stage, source())))


def test_a_module_that_links_the_library_is_told(kit, stage):
    module = build(stage, source(), "-Wl,--no-as-needed", f"-L{LIBDIR}", "-lkeystile")
    report = kit.run(module)
    assert report.broken == [("exports", "the contract")]


def test_a_module_for_a_worker_is_tested_there_alone(kit, stage):
    report = kit.run(build(stage, source(flags="KS_PROVIDER_NETWORK")))
    assert report.status == 0 and "in caller: left out: a module with KS_PROVIDER_NETWORK" in report.err
    assert [line for line in report.passed if line.endswith(CALLER)] == ["load in caller"]
    assert {f"{name} in {WORKER}" for name in EVERYWHERE} <= set(report.passed)


# --- the report -----------------------------------------------------------------------------------------------------

def one_line(text):
    return " ".join(re.sub(r"^ \*", "", text, flags=re.MULTILINE).split())


def test_rules_are_told_in_the_words_of_the_contract():
    header = (ROOT / "include" / "keystile" / "provider.h").read_text(encoding="utf-8")
    contract = header.split("*/")[1]
    numbered = dict(re.findall(r"^ \*  (\d)\. (.*?)(?=^ \*  \d\. |^ \*\n)", contract, re.MULTILINE | re.DOTALL))
    rules = re.findall(r'\{\s*"([^"]*)",\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}',
                       (TREE / "kit" / "rule.c").read_text(encoding="utf-8"))
    rules = [(place, "".join(re.findall(r'"([^"]*)"', words))) for place, words in rules]
    assert len(rules) > 20 and set(numbered) == {place[-1] for place, _ in rules if place.startswith("rule ")}
    for place, words in rules:
        text = numbered[place[-1]] if place.startswith("rule ") else header
        assert one_line(words) in one_line(re.sub(r"\s+\*\s", " ", text)), (place, words)


def test_a_crash_and_its_place_are_told(kit, stage):
    report = kit.run(build(stage, source(resolve="raise(SIGBUS);")))
    line, *_ = [line for line in report.lines if line.startswith("not ok resolve-api in caller")]
    assert "resolve() ended the process: " in line and (SANITIZERS or "signal 7, Bus error" in line)


def test_options_that_the_module_refuses_are_told(kit, stage):
    module = build(stage, source(
        options='X("depth", NUMBER, OPTIONAL, "", "how deep")',
        open='if (KS_SETTING(settings, stride, 0)) return host->bad_option(host, 0, "is too deep");'))
    report = kit.run(module, "depth=3")
    assert report.status == 64 and report.err == "keystile-module-test: open in caller: option depth is too deep\n"
    assert kit.run(module).status == 0


@pytest.mark.parametrize("options, text", [
    (["depth=deep"], "the value is not a number"),
    (["colour=red"], "has no option 'colour'"),
    ([], "needs option depth"),
    (["depth=1", "depth=2"], "depth"),
    (["depth=1\nany sufficient env.so"], ""),
])
def test_options_that_cannot_be_are_told(kit, stage, options, text):
    report = kit.run(build(stage, source(options='X("depth", NUMBER, REQUIRED, "", "how deep")')), *options)
    assert report.status == 64 and text in report.err


@pytest.mark.parametrize("args", [[], ["--help"], ["first-line.so", "path"], ["first-line.so", "=x"],
                                  ["/nonexistent/first-line.so"], ["/etc/passwd"], ["/dev"], ["/dev/.so"]])
def test_wrong_use_is_told(kit, args):
    report = kit.run(*args)
    assert (report.status, report.lines) == (64, [])
    assert report.err.startswith(("usage: keystile-module-test ", "keystile-module-test: /"))


def test_what_is_no_module_is_told(kit, stage):
    path = stage.folder / "text.so"
    path.write_text("text\n", encoding="utf-8")
    assert kit.run(path).broken == [("note", "rule 1")]
    path.write_bytes((BUILD / "tests" / "first-line.so").read_bytes()[:3000])
    assert kit.run(path).status == 1


def test_a_secret_of_no_known_form_is_not_told(kit, stage):
    """Whatever the module does with it: Kit.run() looks."""
    token = secret("gw-", "kit", 48)
    module = build(stage, source(resolve="""
        const char *token = getenv("TOKEN");

        host->log(host, KS_LOG_DEBUG, token);
        return host->fail(host, KS_DENIED, token, token, token);"""))
    assert kit.run(module, TOKEN=token).status in (0, 1)


def test_a_signal_leaves_nothing_behind(kit, stage):
    module = build(stage, source(open="for (;;) (void)pause();"))
    with kit.popen(module) as process:
        deadline = time.monotonic() + 10
        while not list(kit.temporary.glob("*/error")) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        assert len(alive(kit.temporary)) > 1
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 70 and "stopped by a signal" in err and out.endswith("failed\n")
    assert list(kit.temporary.iterdir()) == [] and nobody_is_left(kit.temporary)
