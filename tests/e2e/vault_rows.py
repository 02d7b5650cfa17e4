# SPDX-License-Identifier: MIT
"""One row of a table: what a scripted server plays (vault_server.py), what vault.so makes of it, and what it asked.

play() runs a row in both homes of the module, a process of its own and the caller's, with servers for each, and looks
after each at all that every server was sent: no token goes where it should not.
"""

import concurrent.futures
import contextlib
import dataclasses
import re
import time

import pytest
from memcheck import memcheck
from stage import API_KEY, CANARY, EXIT, OTHER_KEY, debug, entry
from vault_server import Server, Step
from vault_steps import answer

# What the entry has to log in with, and what the servers' logins give. Wherever a token is cut off, some of the word
# that the stage looks for is left.
def token(name):
    return f"hvs.{CANARY * 8}-{name}"


TOKEN = token("static")
ROLE_ID = "keystile-role"
SECRET_ID = f"{CANARY}-secret-id"
PASSWORD = f"{CANARY}-password"
APPROLE = {"auth": "approle", "role_id": ROLE_ID, "secret_id_file": lambda world: world.file("secret-id", SECRET_ID)}
USERPASS = {"auth": "userpass", "user": "ci", "password_file": lambda world: world.file("password", PASSWORD)}
# The secret, and the requests for it.
PATH = "secret/ai/claude"
READ = "GET secret/data/ai/claude as static"
READ_BY_LOGIN = "GET secret/data/ai/claude as login"
LOGIN = "POST auth/approle/login"
PREFLIGHT = f"GET sys/internal/ui/mounts/{PATH} as static"

DEADLINE_S = 8
# For what never comes: long enough for a process to start, and for one answer.
SHORT = "1s"
# What a run may take behind its deadline, on a machine that has other things to do. What ends later than that has
# waited for something else, such as a longer deadline.
SLACK_S = 15
# On one that has a great many, the module comes too late to say itself what was not there in time: that shows nothing,
# and is played again.
STOPPED, PLAYS = "did not answer before its deadline, and was stopped", 3
LONG = "60s"
# A message, and those beside a credential.
REASON_MAX, NOTES_MAX = 1024, 4
SAID_ANEW = re.compile(r"\b\d+ (?:ms|milliseconds|bytes)\b|(?:127\.0\.0\.\d+|localhost):\d+| port \d+")


def kv2(fields=None, **more):
    """A version of a secret, as KV version 2 answers."""
    metadata = {"created_time": "2026-01-01T00:00:00Z", "custom_metadata": None, "deletion_time": "",
                "destroyed": False, "version": 3}
    data = {"data": {"api_key": API_KEY} if fields is None else fields, "metadata": metadata | more}
    return whole(data)


def whole(data, **more):
    """What every answer of Vault's has."""
    return {"request_id": "01", "lease_id": "", "renewable": False, "lease_duration": 0, "data": data,
            "wrap_info": None, "warnings": None, "auth": None} | more


def login(name="login", **more):
    """The answer to a login."""
    auth = {"client_token": token(name), "accessor": "", "policies": ["default"], "metadata": None,
            "lease_duration": 3600, "renewable": True, "entity_id": "", "token_type": "service", "orphan": True,
            "num_uses": 0, "mfa_requirement": None}
    return whole(None, auth=auth | more)


GIVEN = answer(kv2())
LOGGED_IN = answer(login())


@dataclasses.dataclass(frozen=True)
class Row:
    """`plays` is a script, a step, or a function that makes one of the World. `says` are parts of the message, with
    the servers' addresses for {url} and {NAME}, of a failure or of what is noted beside a credential; `asked` is what
    the server was asked in the end. A `result` or `asked` of None is for the test to judge.

    `options` come on top of the entry's, and take one away where they are None; `env` is the environment beside the
    static token. `tls` is the server's certificate (vault_certificates.py), `others` what further servers play.
    It takes `least` seconds, and what is delivered ends at `expires_at`. The words of a message vary where the kernel
    decides who learns first that a connection has ended. What is quick has not the time that valgrind takes.
    """
    name: str
    plays: object
    result: str = "ok"
    says: tuple = ()
    asked: list = None
    options: dict = dataclasses.field(default_factory=dict)
    env: dict = dataclasses.field(default_factory=dict)
    tls: str = None
    server: dict = dataclasses.field(default_factory=dict)
    others: dict = dataclasses.field(default_factory=dict)
    timeout: str = f"{DEADLINE_S}s"
    least: float = 0
    expires_at: str = None
    varies: bool = False
    is_quick: bool = False


def params(groups):
    """For parametrize(): rows in groups with names."""
    return [pytest.param(row, id=f"{group}: {row.name}", marks=[pytest.mark.no_memcheck] if row.is_quick else [])
            for group, rows in groups.items() for row in rows]


class World:
    """The servers of a row: `server`, which the entry names, and `others` by name. Folders for its files."""

    def __init__(self, stage, certificates, row):
        self.stage, self.certificates, self.row, self.others = stage, certificates, row, {}
        self.server = None

    @contextlib.contextmanager
    def open(self):
        with contextlib.ExitStack() as stack:
            for name, options in self.row.others.items():
                self.others[name] = stack.enter_context(self.make(**options))
            server = self.make(tls=self.row.tls, is_trusted=True, **self.made(self.row.server))
            self.server = stack.enter_context(server)
            yield self

    def make(self, plays=(), tls=None, is_trusted=False, **options):
        """A server; a token may go to one that is trusted."""
        server = Server(plays, tls=tls and self.certificates.server(tls), **options)
        server.is_trusted = is_trusted
        return server

    @property
    def servers(self):
        return [self.server, *self.others.values()]

    def rewind(self):
        plays = self.row.plays
        if callable(plays) and not isinstance(plays, Step):
            plays = plays(self)
        self.server.rewind([plays] if isinstance(plays, Step) else plays)
        for other in self.others.values():
            other.rewind()

    def file(self, name, text, mode=0o600):
        """A file of the user's. It is there whole or not at all, for another process may read it."""
        path, new = self.stage.home / name, self.stage.home / f".{name}.{id(self)}"
        new.write_text(text, encoding="utf-8")
        new.chmod(mode)
        return new.rename(path)

    def made(self, options):
        """Options and variables whose values a function of the World makes."""
        return {name: value(self) if callable(value) else value for name, value in options.items()}

    def ask(self, home):
        """`get` from the entry, in front of another that would deliver, and must never come to it."""
        service = home.get("at_isolate", "own")
        options = {"addr": self.server.url, "path": PATH, "kv_version": 2, "at_timeout": self.timeout()}
        if self.row.tls:
            options["ca_file"] = self.certificates.ca
        options |= self.made(self.row.options) | home
        line = entry("vault", control="binding", **{name: v for name, v in options.items() if v is not None})
        self.stage.write(line, debug(secret=OTHER_KEY), service=service)
        started = time.monotonic()
        result = self.stage.get("-f", "json", "--timeout", "10m", "-s", service,
                                env={"VAULT_TOKEN": TOKEN} | self.made(self.row.env))
        return result, time.monotonic() - started

    def timeout(self):
        """Only what ends by it keeps a short one under valgrind."""
        return self.row.timeout if self.row.timeout == SHORT or memcheck.patience == 1 else \
            f"{DEADLINE_S * memcheck.patience}s"

    def fill(self, text):
        """Puts the servers' addresses into a text."""
        here = self.server.authority or ""
        found = {"url": self.server.url, "here": here, "port": here.rpartition(":")[2]}
        for name, server in self.others.items():
            found |= {name: server.url, f"{name}.authority": server.authority,
                      f"{name}.authority-": server.authority[:-1], f"{name}.port": str(server.address[1])}
        for name, value in found.items():
            text = text.replace(f"{{{name}}}", value)
        return text


def described(request):
    """A request in a few words: method, path, and whose token it carries."""
    sent = request.value("X-Vault-Token")
    target = request.target.removeprefix("/v1/")
    return f"{request.method} {target}" + (f" as {sent.partition(f'{CANARY}-')[2]}" if sent else "")


def check_request(request, trusted):
    """What holds for every request that any server got."""
    assert CANARY not in request.target, "a secret in a URL"
    assert request.values("X-Vault-Wrap-TTL") == [], "a request for wrapping"
    assert request.values("Expect") == request.values("Cookie") == []
    if not trusted:
        assert CANARY not in request.text, "a secret where nobody sent one"
        return
    if request.method == "CONNECT":
        assert "X-Vault" not in request.text and CANARY not in request.text, "a secret for a proxy"
        return
    assert request.values("X-Vault-Request") == ["true"]
    if any(name.lower().startswith("x-vault-inline-auth-") for name, _ in request.headers):
        assert request.value("X-Vault-Token") is None, "a token beside a login"
    assert "/login" not in request.path or request.value("X-Vault-Token") is None, "a token for a login"


def check(world, row, result, seconds):
    """One run of a row. Returns what it came to, without what differs from run to run."""
    assert row.least <= seconds < DEADLINE_S + SLACK_S * memcheck.patience, "it came long behind its deadline"
    for server in world.servers:
        for request in server.requests:
            check_request(request, server.is_trusted)
    asked = [described(request) for request in world.server.requests]
    assert row.asked is None or asked == row.asked, result.err
    if (row.result or ("ok" if result.status == 0 else "")) == "ok":
        assert result.status == 0, result.err
        assert result.json["secret"] == API_KEY and result.json["module"] == "vault.so"
        assert result.json["expires_at"] == row.expires_at
        noted = "\n".join(result.messages)
        assert bool(noted) == bool(row.says) and len(result.messages) <= NOTES_MAX, result.err
        assert all(world.fill(words) in noted for words in row.says), result.err
        return SAID_ANEW.sub("?", f"{result.json['source']}\n{noted}")
    *noted, told, _ = result.messages
    outcome, text = told.split(": ", 3)[2:]
    assert outcome == (row.result or outcome) != "error" and result.status == EXIT[outcome], told
    for words in row.says:
        assert world.fill(words) in text, text
    assert "; " in text, "no remedy"
    assert all(line.isprintable() and len(line) <= REASON_MAX for line in [*noted, text])
    return SAID_ANEW.sub("?", f"{outcome}: {text}")


HOMES = [{"at_isolate": "none"}] if memcheck.words else [{}, {"at_isolate": "none"}]


def play_once(stage, certificates, row, home):
    with World(stage, certificates, row).open() as world:
        for _ in range(PLAYS):
            world.rewind()
            result, seconds = world.ask(home)
            if STOPPED not in result.err:
                break
        return world, check(world, row, result, seconds)


def play(stage, certificates, row):
    """Returns a World as its run left it. Runs that wait do so together."""
    waits = row.least > 0 or row.timeout != Row.timeout
    stage.install("vault")
    with concurrent.futures.ThreadPoolExecutor(len(HOMES) if waits else 1) as pool:
        played = list(pool.map(lambda home: play_once(stage, certificates, row, home), HOMES))
    told = {text for _, text in played}
    assert row.varies or len(told) == 1, f"a module answers otherwise in a process of its own: {told}"
    return played[0][0]
