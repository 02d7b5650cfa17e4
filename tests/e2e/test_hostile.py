# SPDX-License-Identifier: MIT
"""Modules that break the contract of provider.h, one way each, in the caller's process.

tests/hostile/NAME.c misbehaves; ROWS says what comes of it. tests/programs/witness.c runs it through the library, and
compares the state of the process before and after each call. (design, sections 4 and 5)
"""

import dataclasses
import json
import pathlib
import re
import shutil

import files
import logins
import pytest
from audit import WARNING, lines
from stage import (API_KEY, BUILD, CANARY, EXIT, GATEWAY, GATEWAY_TOKEN, MODULES, SCRIPT, SETUP_TOKEN, TIMEOUT, debug,
                   entry, secret)
from test_audit import log

SOURCES = pathlib.Path(__file__).parent.parent / "hostile"
BUILT = BUILD / "tests" / "hostile"
WITNESS = BUILD / "tests" / "witness"
# Libraries that a module finds beside it.
BESIDE = {"entry-in-dependency": ["libkeystile-hostile-entry.so"]}
LOWER = secret("sk-ant-api03-", "lower-priority")


@dataclasses.dataclass
class Row:
    """What comes of a module: its result, a part of what is said of it, and what changes in the process."""
    result: str
    text: str = ""
    changes: tuple = ()     # pairs: the call that changes it, a regular expression for the line
    seen: str = "request"   # by a request alone; in the "note", before it is loaded; or at "load", by check as well
    options: dict = dataclasses.field(default_factory=dict)
    transport: str = "api"  # what is asked for


def breach(text, **fields):
    """In resolve(): an error, whatever stands behind it."""
    return Row("error", text, **fields)


def unloadable(text):
    """Between the note and open(): an error that check sees as well."""
    return Row("error", text, seen="load")


def unfit(text):
    """In the note: the stack does not open."""
    return Row("misconfigured", text, seen="note")


def invalid(text):
    """What a user's file could be to blame for: an answer like any other, and no breach."""
    return Row("invalid", text)


def changed(*lines, by="resolve"):
    """The credential stands, and the change is seen."""
    return Row("ok", "hostile", changes=tuple((by, line) for line in lines))


BROKE = "broke the contract: "
DIFFERS = "says one thing in its note and another in its code: "
UMASK = "umask: 0[0-7]{3} -> 0[0-7]{3}"
NUMBERS = "[0-9a-f ]*"

ROWS = {
    "descriptor-null": unloadable("returned no descriptor"),
    "descriptor-magic": unloadable("has magic 0x7f454c46 in its descriptor"),
    "descriptor-major": unloadable(DIFFERS + "ABI version"),
    "descriptor-minor": unloadable(DIFFERS + "ABI version"),
    "descriptor-short": unloadable("are needed"),
    "descriptor-flags": unloadable(DIFFERS + "flags"),
    "descriptor-transports": unloadable(DIFFERS + "transports"),
    "descriptor-kinds": unloadable(DIFFERS + "kinds"),
    "descriptor-name": unloadable(DIFFERS + "name"),
    "descriptor-no-name": unloadable(DIFFERS + "name"),
    "descriptor-version": unloadable(DIFFERS + "version"),
    "descriptor-summary": unloadable(DIFFERS + "summary"),
    "descriptor-option-count": unloadable(DIFFERS + "options"),
    "descriptor-option-null": unloadable(DIFFERS + "options"),
    "descriptor-option-stride": unloadable(DIFFERS + "options"),
    "descriptor-option-stride-odd": unloadable(DIFFERS + "options"),
    "descriptor-option-stride-wide": unloadable(DIFFERS + "options"),
    "descriptor-option-name": unloadable(DIFFERS + "options"),
    "descriptor-option-flags": unloadable(DIFFERS + "options"),
    "descriptor-option-help": unloadable(DIFFERS + "options"),
    "descriptor-option-type": unloadable(DIFFERS + "options"),
    "descriptor-option-fallback": unloadable(DIFFERS + "options"),
    "descriptor-environment": unloadable(DIFFERS + "environment"),
    "descriptor-environment-count": unloadable(DIFFERS + "environment"),
    "descriptor-variable": unloadable(DIFFERS + "environment"),
    "descriptor-no-resolve": unloadable("has no resolve function"),
    "entry-missing": unloadable("does not export keystile_provider_v1"),
    "entry-in-dependency": unloadable("does not export keystile_provider_v1"),
    "dependency-missing": unloadable("libkeystile-hostile-nowhere.so"),

    "note-missing": unfit("without a Keystile note"),
    "note-twice": unfit("more than one Keystile note"),
    "note-name": unfit("says that its name is env"),
    "note-bad-name": unfit("its name is not a module's name"),
    "note-major": unfit("has version 2 of the provider interface"),
    "note-needed-flag": unfit("flags this version does not understand (0x20)"),
    "note-reserved-flag": unfit("flags this version does not understand (0x4)"),
    "note-optional-flag": Row("ok", "hostile"),
    "note-transports": unfit("no transport that this version knows"),
    "note-kinds": unfit("no kind of credential that this version knows"),
    "note-escape": unfit("line 3 is not printable text"),
    "note-option-twice": unfit("it has option path twice"),
    "note-option-type": unfit("has a type this version does not know (COLOUR)"),
    "note-endless": unfit("its text has a wrong size"),

    "open-delivers": unloadable(BROKE + "it delivered in open()"),
    "open-fails": unloadable(BROKE + "it called fail in open()"),
    "open-unknown-result": unloadable(BROKE + "open() returned a result that is none"),
    "open-without-reason": unloadable("could not be opened"),
    "open-refuses-none": unloadable(BROKE + "it refused an option it does not have"),
    "open-refuses-and-succeeds": unloadable(BROKE + "open() refused an option and returned ok"),
    "open-refuses-silently": Row("misconfigured", "option depth is refused, and the module does not say why",
                                 seen="load"),
    "open-refuses-with-escape": Row("misconfigured", "option depth is ?[2Jwrong?keystile: all is well", seen="load"),
    "open-reads": Row("ok", "hostile"),

    "ok-without-delivery": breach(BROKE + "it returned ok and delivered nothing"),
    "failure-without-reason": breach(BROKE + "it returned a failure and gave no reason"),
    "unknown-result": breach(BROKE + "it returned a result that is none"),
    "negative-result": breach(BROKE + "it returned a result that is none"),
    "deliver-nothing": breach(BROKE + "it delivered a structure that is too short"),
    "deliver-twice": breach(BROKE + "it delivered after it had answered"),
    "deliver-then-fail": breach(BROKE + "it failed after it had answered"),
    "deliver-then-return-failure": breach(BROKE + "it delivered and then returned a failure"),
    "fail-then-deliver": breach(BROKE + "it delivered after it had answered"),
    "fail-twice": breach(BROKE + "it failed after it had answered"),
    "fail-then-return-ok": breach(BROKE + "it returned another result than the one it gave"),
    "fail-then-return-another": breach(BROKE + "it returned another result than the one it gave"),
    "fail-with-ok": breach(BROKE + "it failed with a result that is none"),
    "fail-with-unknown-result": breach(BROKE + "it failed with a result that is none"),
    "fail-without-reason": breach(BROKE + "it failed without a reason"),
    "fail-with-empty-reason": breach(BROKE + "it failed without a reason"),
    "fail-without-source": Row("denied", "denied: it is locked; unlock it"),
    "refuses-option-late": breach(BROKE + "it refused an option outside open()"),
    "breach-then-deliver": breach(BROKE + "it refused an option outside open()"),
    "breach-then-deliver-badly": breach(BROKE + "it refused an option outside open()"),
    "late-answer": Row("unavailable", "answered after its deadline", options={"at_timeout": "100ms"}),

    "secret-null": breach(BROKE + "it delivered no secret"),
    "secret-null-with-length": breach(BROKE + "it delivered the length of a secret and no secret", transport="cli"),
    "secret-with-handle": breach(BROKE + "it delivered a secret with a handle", transport="cli"),
    "secret-endless": breach(BROKE + "it delivered a secret of a length that cannot be"),
    "secret-empty": invalid("hostile is empty"),
    "secret-too-long": invalid("has more than 16384 bytes, the most that a credential has"),
    "secret-newline": invalid("has a line break at byte 28 of 54"),
    "secret-carriage-return": invalid("has a line break at byte 28 of "),
    "secret-nul": invalid("has a byte that no credential has, at byte 28 of 54"),
    "secret-blank": invalid("has a byte that no credential has, at byte 28 of 54"),
    "secret-high-byte": invalid("has a byte that no credential has, at byte 28 of 55"),
    "secret-delete": invalid("has a byte that no credential has, at byte 28 of 54"),
    "secret-of-another-kind": invalid("is an OAuth access token, not of kind api-key"),

    "delivery-short": breach(BROKE + "it delivered a structure that is too short"),
    "kind-unknown": breach(BROKE + "it delivered a kind it does not declare"),
    "kind-none": breach(BROKE + "it delivered a kind it does not declare"),
    "kind-two": breach(BROKE + "it delivered a kind it does not declare"),
    "kind-undeclared": breach(BROKE + "it delivered a kind it does not declare", transport="cli"),
    "transports-none": breach(BROKE + "it claims no transport that the kind of its credential has"),
    "transports-unknown": breach(BROKE + "it claims no transport that the kind of its credential has"),
    "transports-undeclared": breach(BROKE + "it claims no transport that the kind of its credential has"),
    "transports-not-of-kind": breach(BROKE + "it claims no transport that the kind of its credential has",
                                     transport="any"),
    "transports-wider": Row("not-configured", "is of kind setup-token, for cli, and api was asked for"),
    "base-url-of-setup-token": breach(BROKE + "it bound a kind of credential that is never bound", transport="cli"),
    "base-url-secret": invalid("is bound to a base URL that holds the secret itself"),
    "base-url-with-user": invalid("is bound to a base URL that cannot be one"),
    "base-url-not-text": invalid("is bound to a base URL that cannot be one"),
    "expiry-negative": breach(BROKE + "it delivered a time before 1970"),
    "refresh-negative": breach(BROKE + "it delivered a time before 1970"),
    "source-null": breach(BROKE + "it does not say what its source is"),
    "source-empty": breach(BROKE + "it does not say what its source is"),
    "source-escape": Row("ok", "/x?[2J?keystile: all is well?"),
    "source-long": Row("ok", "s" * 1024),
    "source-secret": breach(BROKE + "its source holds its secret"),
    "source-secret-of-gateway": breach(BROKE + "its source holds its secret"),
    "attributes-too-many": breach(BROKE + "it delivered too many attributes"),
    "attributes-null": breach(BROKE + "it delivered too many attributes, or an array of them that cannot be"),
    "attributes-odd": breach(BROKE + "it delivered too many attributes, or an array of them that cannot be"),
    "attributes-stride": breach(BROKE + "it delivered too many attributes, or an array of them that cannot be"),
    "attributes-stride-odd": breach(BROKE + "it delivered too many attributes, or an array of them that cannot be"),
    "attributes-stride-wide": breach(BROKE + "it delivered too many attributes, or an array of them that cannot be"),
    "attribute-twice": breach(BROKE + "it delivered an attribute twice"),
    "attribute-name-null": breach(BROKE + "an attribute's name is not well-formed"),
    "attribute-name-long": breach(BROKE + "an attribute's name is not well-formed"),
    "attribute-name-escape": breach(BROKE + "an attribute's name is not well-formed"),
    "attribute-name-words": breach(BROKE + "an attribute's name is not well-formed"),
    "attribute-secret": breach(BROKE + "an attribute holds its secret"),
    "attribute-value-null": breach(BROKE + "an attribute's value is empty, too long or not printable"),
    "attribute-value-long": breach(BROKE + "an attribute's value is empty, too long or not printable"),
    "attribute-value-header": breach(BROKE + "an attribute's value is empty, too long or not printable"),
    "attribute-workspace": breach(BROKE + "its workspace is not an identifier"),
    "attribute-config-dir": breach(BROKE + "its config-dir is no absolute path"),

    "text-escape": Row("denied", "/x?[2J? is??keystile: ?]0;all is well?; do?this ??? backwards ?"),
    "text-long": Row("denied", "w" * 255),
    "text-secret": Row("denied", "sk-ant-*** is sk-ant-***; replace sk-ant-***"),
    "log-escape": Row("ok", "hostile"),
    "floods-alerts": Row("ok", "hostile"),
    "asks-undeclared-variable": Row("denied", "HOME is not told"),
    "asks-nothing": Row("denied", "no path is given; give the option that names it"),
    "asks-too-much-memory": Row("denied", "hostile is too much"),
    "asks-unknown-trust": Row("denied", "/etc/passwd"),

    "changes-directory": changed("working directory: .+/here -> /"),
    "changes-root": changed("working directory: .+/here -> /", "root: inode .+ -> inode .+"),
    "changes-umask": changed(UMASK),
    "changes-signal": changed("signal SIGPIPE: default -> ignored"),
    "changes-handler": changed("signal SIGUSR1: default -> handler 0x.+"),
    "changes-signal-mask": changed(f"signal mask: {NUMBERS} -> {NUMBERS}"),
    "changes-locale": changed("locale LC_NUMERIC: C -> C.UTF-8"),
    "changes-thread-locale": changed("locale of the thread: the process's -> 0x.+"),
    "changes-environment": changed("environment variable KEYSTILE_HOSTILE: set", "environment variable PATH: changed",
                                   "environment variable HOME: unset"),
    "changes-limit": changed("Max open files: .+ -> .+"),
    "changes-user": changed(f"user ids: {NUMBERS} -> {NUMBERS}", "effective capabilities: .+ -> 0+", "dumpable: .+"),
    "changes-groups": changed("groups: .* -> 12345"),
    "changes-dumpable": changed("dumpable: 1 -> 0"),
    "changes-no-new-privs": changed("no_new_privs: 0 -> 1"),
    "changes-death-signal": changed("parent-death signal: 0 -> 9"),
    "changes-niceness": changed("niceness: .+ -> .+"),
    "changes-personality": changed("personality: .+ -> .+"),
    "changes-process-group": changed("process group: .+ -> .+"),
    "changes-name": changed("thread [0-9]+: witness -> hostile"),
    "changes-namespace": changed("uts namespace: .+ -> .+"),
    "closes-descriptor": changed("descriptor 0: .+ -> none", "position of standard input: 0 -> none"),
    "replaces-descriptor": changed("descriptor 0: .+ -> /dev/zero, .+"),
    "unblocks-descriptor": changed("descriptor 0: .+, flags .+ -> .+, flags 0.*4...(, .+)?"),
    "leaks-descriptor": changed("descriptor [0-9]+: none -> /dev/null, .+"),
    "leaves-thread": changed("thread [0-9]+: none -> witness"),
    "leaves-child": changed("children: none -> some"),
    "leaves-alarm": changed("timer ITIMER_REAL: off, .+ -> set, .+"),
    "leaves-timer": changed("timers of timer_create: 0 -> 1"),
    "leaves-key": changed("next thread-specific key: .+"),
    "writes-output": changed("position of standard output: 0 -> 8"),
    "writes-error": changed("position of standard error: 0 -> 8"),
    "reads-input": changed("position of standard input: 0 -> 1"),
    "changes-in-open": changed(UMASK),
    "changes-in-close": changed(UMASK, by="close"),
    "changes-when-loaded": changed(UMASK),
}
# What only root can do to its process.
OF_ROOT = {"changes-groups", "changes-namespace", "changes-root", "changes-user"}


def names(wanted=lambda row: True):
    return [pytest.param(name, marks=pytest.mark.needs_root) if name in OF_ROOT else name
            for name, row in ROWS.items() if wanted(row)]


def install(stage, name):
    for file in (f"{name}.so", *BESIDE.get(name, ())):
        shutil.copy(BUILT / file, stage.modules)


@dataclasses.dataclass
class Report:
    """What the witness wrote: the lines of each sort, without their first word."""
    lines: list

    def told(self, word):
        return [line.removeprefix(f"{word}: ") for line in self.lines if line.startswith(f"{word}: ")]

    @property
    def changes(self):
        return [tuple(line.removeprefix("changed by ").split(": ", 1)) for line in self.lines
                if line.startswith("changed by ")]


def witness(stage, *words, command=WITNESS, **variables):
    """Runs the witness on files, so that a module that reads or writes is seen. Returns its report."""
    report, streams = stage.folder / "report", [stage.folder / name for name in ("stdin", "stdout", "stderr")]
    streams[0].write_text("hostile\n", encoding="utf-8")
    with open(streams[0], "rb") as stdin, open(streams[1], "wb") as stdout, open(streams[2], "wb") as stderr:
        with stage.popen(report, *words, command=command, env=variables, stdin=stdin, stdout=stdout,
                         stderr=stderr) as process:
            assert process.wait(TIMEOUT) == 0, streams[2].read_text(encoding="utf-8")
    text = report.read_text(encoding="utf-8")
    assert CANARY not in text, "a secret in the report"
    assert re.fullmatch("[ -~\n]*", text), "a control character in the report"
    lines = text.splitlines()
    assert lines[-1] == "end: 0 bytes of secret memory in use"
    return Report(lines)


def changes_nothing_but(report, expected):
    """Whether each change is one that was expected, and the reverse."""
    left = list(report.changes)
    if any(pattern.startswith("root: ") for _, pattern in expected):
        # where this root was not the first one, files have longer names as seen from another
        left = [change for change in left if not re.fullmatch(r"descriptor \d+: (/\S+)(, .+) -> /\S+\1\2", change[1])]
    for call, pattern in expected:
        (found,) = [change for change in left if change[0] == call and re.fullmatch(pattern, change[1])]
        left.remove(found)
    assert left == []


def stops_every_stack(row):
    return row.result in ("error", "misconfigured")


def is_printable(text):
    return re.fullmatch("[ -~\n]*", text) is not None


def test_every_module_has_a_row():
    assert {path.stem for path in SOURCES.glob("*.c")} == set(ROWS)


def comes_to(report, row, name, path):
    """Whether the stack at `path`, with the module before debug.so, came to what the row says."""
    assert report.told("open") == ["ok"]
    step, behind = report.told("step")
    (resolved,) = report.told("resolve")
    if row.result == "ok":
        assert step == f"{name}.so: done: ok" and resolved == "ok"
        assert report.told("credential") == [f"{name}.so: {row.transport}: {row.text}"]
    elif stops_every_stack(row):
        assert step.startswith(f"{name}.so: fail: {row.result}: ") and row.text in step
        assert behind == "debug.so: unreached: ok" and report.told("credential") == []
        assert resolved.startswith(f"{row.result}: {path}:1: {name}.so: {row.result}: ") and row.text in resolved
    else:
        assert step.startswith(f"{name}.so: next: {row.result}: ") and row.text in step
        assert resolved == "ok" and report.told("credential") == [f"debug.so: {row.transport}: debug"]


@pytest.mark.parametrize("name", names(lambda row: row.seen != "note"))
def test_what_comes_of_it(stage, name):
    row = ROWS[name]
    install(stage, name)
    path = stage.write(entry(name, **row.options), debug(secret=LOWER))
    report = witness(stage, row.transport)
    comes_to(report, row, name, path)
    changes_nothing_but(report, row.changes)


@pytest.mark.parametrize("name", names(lambda row: row.seen == "note"))
def test_what_is_unfit_is_not_loaded(stage, name):
    install(stage, name)
    path = stage.write(entry(name), debug(secret=LOWER))
    report = witness(stage)
    (opened,) = report.told("open")
    assert opened.startswith(f"misconfigured: {path}:1:16: {name}.so") and ROWS[name].text in opened
    assert report.told("resolve") == [] and report.changes == []


@pytest.mark.parametrize("name", names(stops_every_stack))
def test_the_command_says_so_in_one_line(stage, name):
    row = ROWS[name]
    install(stage, name)
    path = stage.write(entry(name, **row.options), debug(secret=LOWER))
    result = stage.get("-t", row.transport, "-f", "json")
    line, *summary = result.messages
    assert result.status == EXIT[row.result] and len(summary) == (row.seen != "note")
    assert line.startswith(f"{path}:1:") and f"{name}.so" in line and row.text in line
    assert is_printable(result.err)


@pytest.mark.parametrize("name", names())
def test_check_sees_what_can_be_seen_without_a_request(stage, name):
    row = ROWS[name]
    install(stage, name)
    path = stage.write(entry(name, **row.options))
    result = stage.run("check")
    if row.seen == "request":
        assert (result.status, result.err) == (0, "")
    else:
        assert result.status == EXIT[row.result]
        assert result.message.startswith(f"{path}:1:") and row.text in result.message
        assert is_printable(result.err)


def test_what_a_module_notes_is_one_line(stage):
    install(stage, "log-escape")
    stage.write(entry("log-escape"))
    assert witness(stage).told("note") == ["log-escape.so: one?[2J?keystile: two?"]


def test_a_note_holds_no_secret(stage):
    install(stage, "text-secret")
    stage.write(entry("text-secret"))
    assert witness(stage).told("note") == ["text-secret.so: read sk-ant-***"]


@pytest.mark.parametrize("home", ["none", pytest.param("process", marks=pytest.mark.no_memcheck)])
def test_alerts_do_not_flood_the_audit(stage, log, home):
    """Neither in one request nor in several of a context; each entry has its own."""
    install(stage, "floods-alerts")
    stage.write(*(entry("floods-alerts", transport, at_isolate=home) for transport in ("api", "cli")))
    stage.run("open", "resolve=api", "resolve=api", "resolve=cli", "close", command=SCRIPT)
    alerts = [line for line in lines(log) if line.fields["outcome"] == "alert"]
    assert [line.fields["entry"] for line in alerts] == ["1"] * 16 + ["2"] * 16
    assert [line.fields.get("last") for line in alerts] == ([None] * 15 + ["yes"]) * 2
    assert {line.severity for line in alerts} == {WARNING}
    assert {(line.fields["module"], line.fields["reason"]) for line in alerts} == {
        ("floods-alerts.so", 'saw sk-ant-***?[2J?outcome=ok reason=\\x22none?')}


def test_an_alert_tells_how_many_lines_were_lost(stage, log):
    install(stage, "floods-alerts")
    stage.write(*(entry("floods-alerts", transport) for transport in ("api", "cli")))
    stage.run("open", "resolve=api", f"set=KEYSTILE_TEST_LOG={stage.log}", "resolve=cli", "close", command=SCRIPT,
              env={"KEYSTILE_TEST_LOG": str(stage.folder / "nowhere")})
    assert [line.fields.get("lost") for line in lines(log)] == ["17"] + [None] * 16


def test_a_subscription_is_for_claude_whatever_is_claimed(stage):
    install(stage, "transports-wider")
    stage.write(entry("transports-wider"))
    assert witness(stage, "any").told("credential") == ["transports-wider.so: cli: hostile"]


@pytest.mark.parametrize("name, by", [("changes-in-open", "open"), ("changes-when-loaded", "open"),
                                      ("changes-umask", "resolve"), ("changes-in-close", "close")])
def test_a_change_belongs_to_the_call_that_made_it(stage, name, by):
    install(stage, name)
    stage.write(entry(name))
    changes_nothing_but(witness(stage, "preload"), [(by, UMASK)])


@pytest.mark.parametrize("name", ["deliver-twice", "descriptor-magic", "open-delivers"])
def test_a_breach_is_an_error_every_time(stage, name):
    install(stage, name)
    stage.write(entry(name), debug(secret=LOWER))
    first, second = stage.run("open", "resolve", "resolve", command=SCRIPT).out.splitlines()[1:]
    assert first == second and first.startswith("resolve: error: ") and ROWS[name].text in first


WELL_BEHAVED = {
    "env": entry("env"),
    "env with a gateway": entry("env", kind="gateway-token", base_url=GATEWAY),
    "file": entry("file", path="~/key"),
    "file as JSON": entry("file", path="~/key.json", format="json", field="key"),
    "file of another user": entry("file", path="/etc/passwd"),
    "file that is absent": entry("file", path="~/nothing"),
    "setup-token": entry("setup-token"),
    "setup-token in a file": entry("setup-token", path="~/token"),
    "credentials-file": entry("credentials-file"),
    "debug": debug(),
    "debug with a delay": debug(delay="5ms"),
    "debug that fails": debug(result="denied"),
}


@pytest.mark.parametrize("line", WELL_BEHAVED.values(), ids=WELL_BEHAVED.keys())
@pytest.mark.parametrize("words", [(), ("preload",)])
def test_a_module_that_behaves_changes_nothing(stage, line, words):
    for name in MODULES:
        stage.install(name)
    for name, text in (("key", API_KEY), ("key.json", json.dumps({"key": API_KEY})), ("token", SETUP_TOKEN)):
        files.write(stage.home / name, text)
    logins.store(stage.home / ".claude")
    stage.write(line)
    report = witness(stage, "any", *words, ANTHROPIC_API_KEY=API_KEY, ANTHROPIC_AUTH_TOKEN=GATEWAY_TOKEN,
                     CLAUDE_CODE_OAUTH_TOKEN=SETUP_TOKEN)
    assert report.told("open") == ["ok"] and report.changes == []
