# SPDX-License-Identifier: MIT
"""The real claude in the situations its users are in: what `keystile exec -- claude -p ping` sends is what
`keystile explain -- claude` named as the winner, and where nothing is valid claude is not started.

Each runs in a network namespace with nothing but loopback, where a stand-in answers for the API under its own name.
(design, sections 2, 4, 7 and 8)
"""

import collections
import json

import clients
import netns
import pytest
import temptations
from clients import BASE_URL
from logins import ACCESS_TOKEN, DAY, HOUR, LEFT_OUT, milliseconds, store
from places import FIRST_PARTY, HTTPS, Place, messages
from stage import (API_KEY, GATEWAY_TOKEN, INSTALLED, OTHER_KEY, SETUP_TOKEN, entry, fingerprint,
                   in_own_processes, secret)

COMMAND = ["claude", "-p", "ping"]
# As the vendor's default.conf has them.
STACK = [entry("env", kind="gateway-token"), entry("env"), entry("setup-token", "cli"),
         entry("credentials-file", "cli")]
KEY = {"ANTHROPIC_API_KEY": API_KEY}
GATEWAY = {"ANTHROPIC_AUTH_TOKEN": GATEWAY_TOKEN, "ANTHROPIC_BASE_URL": BASE_URL}
TOKEN = {"CLAUDE_CODE_OAUTH_TOKEN": SETUP_TOKEN}
HELPER = {"apiKeyHelper": f"echo {OTHER_KEY}"}

# How a kind is sent, and with what.
SENT_AS = {
    "api-key": ("x-api-key", API_KEY),
    "gateway-token": ("bearer", GATEWAY_TOKEN),
    "setup-token": ("bearer", SETUP_TOKEN),
    "stored-login": ("bearer", ACCESS_TOKEN),
}

# `make` prepares the place and returns the environment; `stack` replaces the vendor's. Then what comes of it: the
# kind that wins, or the exit status and some words of what is said.
Situation = collections.namedtuple("Situation", "make expected words stack", defaults=("", None))


def with_login(variables=(), folder=".claude", **members):
    """A stored login, and these variables."""
    def make(place):
        store(place.home / folder, **members)
        return dict(variables)
    return make


def with_variables(**variables):
    return lambda place: variables


def key_in_a_file(place):
    path = place.home / "key"
    path.write_text(f"{API_KEY}\n", encoding="utf-8")
    path.chmod(0o600)
    return {}


def token_in_a_file(place):
    """As a terminal of 80 columns shows it, with the words around it."""
    path = place.home / "token"
    path.write_text(f"Your OAuth token (valid for 1 year):\n\n{SETUP_TOKEN[:80]}\n{SETUP_TOKEN[80:]}\n\n"
                    "Store this token securely.\n", encoding="utf-8")
    path.chmod(0o600)
    return {}


def moved_by_the_variable(place):
    return with_login({"CLAUDE_CONFIG_DIR": str(place.home / "other")}, "other")(place)


def moved_by_the_entry(place):
    store(place.home / "other", accessToken=secret("sk-ant-oat01-", "other-login"))
    return with_login({"CLAUDE_CONFIG_DIR": str(place.home / "other")}, "work")(place)


def moved_by_the_store(place):
    store(place.home / ".claude", accessToken=secret("sk-ant-oat01-", "other-login"))
    return with_login({"CLAUDE_SECURESTORAGE_CONFIG_DIR": str(place.home / "other")}, "other")(place)


def everything_lying_about(source, *spared):
    """Every variable that could make another credential win, but for those of the source and the spared ones."""
    def make(place):
        found = {**temptations.variables(place.home), **temptations.BESIDE}
        return {**{name: value for name, value in found.items() if name not in spared}, **source(place)}
    return make


def with_link(place):
    path = store(place.home / ".claude")
    path.rename(place.home / "real")
    path.symlink_to(place.home / "real")
    return {}


def not_json(place):
    store(place.home / ".claude", text='{"claudeAiOauth": {"accessToken": "' + ACCESS_TOKEN)
    return {}


CREDENTIALS = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"]
ENDED = {"expiresAt": milliseconds(-2 * HOUR)}
SITUATIONS = {
    # each source alone
    "key": Situation(with_variables(**KEY), "api-key"),
    "key-in-a-file": Situation(key_in_a_file, "api-key", stack=[entry("file", path="~/key")]),
    "gateway-token": Situation(with_variables(**GATEWAY), "gateway-token"),
    "setup-token": Situation(with_variables(**TOKEN), "setup-token"),
    "setup-token-in-a-file": Situation(token_in_a_file, "setup-token", stack=[entry("setup-token", path="~/token")]),
    "login": Situation(with_login(), "stored-login"),
    "nothing": Situation(with_variables(), 1, "CLAUDE_CODE_OAUTH_TOKEN is not set"),
    # several
    "key-before-setup-token": Situation(with_variables(**KEY, **TOKEN), "api-key"),
    "setup-token-before-key": Situation(with_variables(**KEY, **TOKEN), "setup-token",
                                        stack=[entry("setup-token", "cli"), entry("env")]),
    "gateway-token-and-key": Situation(with_variables(**GATEWAY, **KEY), "gateway-token"),
    "key-before-gateway-token": Situation(with_variables(**GATEWAY, **KEY), "api-key",
                                          stack=[entry("env", base_url_var="NOWHERE"), STACK[0]]),
    "setup-token-before-login": Situation(with_login(TOKEN), "setup-token"),
    "login-before-setup-token": Situation(with_login(TOKEN), "stored-login",
                                          stack=[entry("credentials-file", "cli"), entry("setup-token", "cli")]),
    "login-before-key": Situation(with_login(KEY), "stored-login", stack=[STACK[3], STACK[1]]),
    "everything": Situation(with_login({**KEY, **GATEWAY, **TOKEN}), "gateway-token"),
    # what does not belong where it is
    "setup-token-as-a-key": Situation(with_variables(ANTHROPIC_API_KEY=SETUP_TOKEN), 65,
                                      "ANTHROPIC_API_KEY is an OAuth access token"),
    "setup-token-as-a-key-before-login": Situation(with_login({"ANTHROPIC_API_KEY": SETUP_TOKEN}), "stored-login"),
    "empty-key": Situation(with_variables(ANTHROPIC_API_KEY="", **TOKEN), "setup-token"),
    "empty-key-alone": Situation(with_variables(ANTHROPIC_API_KEY=""), 1, "ANTHROPIC_API_KEY is set, but empty"),
    "empty-setup-token-before-login": Situation(with_login({"CLAUDE_CODE_OAUTH_TOKEN": ""}), "stored-login"),
    "truncated-setup-token": Situation(with_variables(CLAUDE_CODE_OAUTH_TOKEN=SETUP_TOKEN[:80]), 65,
                                       "it has 80 characters, and a setup-token has 108"),
    "wrapped-setup-token": Situation(
        with_variables(CLAUDE_CODE_OAUTH_TOKEN=f"{SETUP_TOKEN[:80]}\n{SETUP_TOKEN[80:]}\n"), "setup-token"),
    # what lies about
    "clouds-and-profiles-with-key": Situation(everything_lying_about(
        with_variables(**KEY), "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"), "api-key"),
    "clouds-and-profiles-with-setup-token": Situation(everything_lying_about(
        with_variables(**TOKEN), *CREDENTIALS), "setup-token"),
    "clouds-and-profiles-with-login": Situation(everything_lying_about(with_login(), *CREDENTIALS), "stored-login"),
    "simple-with-key": Situation(with_variables(CLAUDE_CODE_SIMPLE="1", **KEY), "api-key"),
    "simple-with-setup-token": Situation(with_variables(CLAUDE_CODE_SIMPLE="1", **TOKEN), "setup-token"),
    "simple-with-login": Situation(with_login({"CLAUDE_CODE_SIMPLE": "1"}), "stored-login"),
    "hosted-key-with-login": Situation(with_login({"CLAUDE_CODE_ENTRYPOINT": "claude-vscode", **KEY}), "api-key"),
    "remote-gateway-with-login": Situation(with_login({"CLAUDE_CODE_REMOTE": "1", **GATEWAY}), "gateway-token"),
    # the stored login
    "login-to-be-renewed": Situation(with_login(**ENDED), "stored-login"),
    "login-without-refresh-token": Situation(with_login(refreshToken=LEFT_OUT, **ENDED), 65, "no refresh token"),
    "login-past-its-end": Situation(with_login(refreshTokenExpiresAt=milliseconds(-HOUR), **ENDED), 65,
                                    "so has its refresh token"),
    "login-at-its-end": Situation(with_login(refreshTokenExpiresAt=milliseconds(-DAY)), "stored-login"),
    "login-without-scope": Situation(with_login(scopes=["user:profile"]), 65, "no scope user:inference"),
    "logged-out": Situation(with_login(accessToken="", refreshToken="", expiresAt=0), 1, "holds no login"),
    "login-all-can-read": Situation(with_login(mode=0o644), 65, "is open to others (mode 0644)"),
    "login-behind-a-link": Situation(with_link, 65, "is a symbolic link"),
    "login-not-json": Situation(not_json, 65, "is not JSON"),
    "login-moved-by-the-variable": Situation(moved_by_the_variable, "stored-login"),
    "login-moved-by-the-entry": Situation(moved_by_the_entry, "stored-login",
                                          stack=[entry("credentials-file", "cli", config_dir="~/work")]),
    "login-left-in-place-by-the-entry": Situation(
        lambda place: {"CLAUDE_CONFIG_DIR": str(place.home / "other")} | with_login()(place), "stored-login",
        stack=[entry("credentials-file", "cli", config_dir="~/.claude/")]),
    "login-moved-by-the-store": Situation(moved_by_the_store, "stored-login"),
    "login-and-an-empty-folder": Situation(with_login({"CLAUDE_CONFIG_DIR": ""}), "stored-login"),
}
WON = {name: s for name, s in SITUATIONS.items() if isinstance(s.expected, str)}
LOST = {name: s for name, s in SITUATIONS.items() if name not in WON}


@pytest.fixture
def place(folder, authority):
    return Place(folder, STACK, {}, authority)


def prepare(place, situation):
    """Lays the situation out. Returns its variables."""
    place.service("default", *(situation.stack or STACK))
    return situation.make(place)


def isolate(place):
    """From now on every module runs in a process of its own."""
    path = place.config / "default.conf"
    path.write_text(in_own_processes(path.read_text(encoding="utf-8")), encoding="utf-8")


def explained_once(place, variables, *options):
    run = place.run([INSTALLED, "explain", "--json", *options, "--", *COMMAND], variables)
    found = json.loads(run.stdout)
    for step in found["steps"]:
        del step["ms"]
    return run.returncode, found


def explained(place, variables, *options):
    """What `explain` says of claude: the exit status, and the object. It is the same where modules run in processes
    of their own; which is how claude is started afterwards."""
    place.link_claude()
    answer = explained_once(place, variables, *options)
    isolate(place)
    assert explained_once(place, variables, *options) == answer
    return answer


def carried(request):
    """The credentials of one request, each once: claude may send one in two headers."""
    return {fp for _, fp in clients.credentials_of(request)}


def assert_no_subscription_as_a_key(run):
    for request in run.requests:
        for value in clients.headers_of(request).get("x-api-key", []):
            assert not value.startswith("sk-ant-oat"), "a subscription's token as x-api-key"


@pytest.mark.parametrize("name", WON)
def test_claude_sends_what_explain_named(place, name):
    situation = WON[name]
    variables = prepare(place, situation)
    status, found = explained(place, variables)
    winner = found["winner"]
    run, started = place.claude(variables=variables)

    way, expected = SENT_AS[situation.expected]
    assert started and (run.returncode, run.stdout.strip()) == (0, "pong"), run.stderr
    assert (status, winner["kind"]) == (0, situation.expected)
    assert winner["fingerprint"] == (None if situation.expected == "stored-login" else fingerprint(expected))
    assert len(clients.messages_of(run.requests)) == 1
    port = netns.PORT if winner["base_url"] == BASE_URL else HTTPS
    for request in run.requests:
        assert clients.credentials_of(request) == [(way, fingerprint(expected))], request["path"]
        assert request["port"] == port
        assert clients.headers_of(request)["host"] == [FIRST_PARTY if port == HTTPS else f"127.0.0.1:{port}"]
    assert_no_subscription_as_a_key(run)


@pytest.mark.parametrize("name", LOST)
def test_claude_is_not_started_where_nothing_is_valid(place, name):
    situation = LOST[name]
    variables = prepare(place, situation)
    explained_status, found = explained(place, variables)
    status, told = place.stopped(variables=variables)
    assert (explained_status, found["winner"]) == (situation.expected, None)
    assert status == situation.expected
    assert [line for line in told if situation.words in line] != [], told


def test_claude_is_not_started_on_a_login_that_cannot_be_read(place):
    place.belong_to_an_ordinary_user()
    store(place.home / ".claude", mode=0)
    status, found = explained(place, {})
    assert (status, found["steps"][-1]["result"]) == (77, "denied")
    status, told = place.stopped()
    assert status == 77
    assert [line for line in told if ".credentials.json cannot be read by uid" in line] != []


@pytest.mark.parametrize("name", ["key", "setup-token", "login", "gateway-token", "login-moved-by-the-entry"])
def test_an_ordinary_users_claude_sends_what_explain_named(place, name):
    place.belong_to_an_ordinary_user()
    test_claude_sends_what_explain_named(place, name)


# --- what lies on disk ----------------------------------------------------------------------------------------------

def user_helper(place):
    return place.settings(place.home, HELPER), OTHER_KEY


def earlier_sign_in(place):
    path = place.home / ".claude.json"
    path.write_text(json.dumps({"primaryApiKey": OTHER_KEY, "hasCompletedOnboarding": True}), encoding="utf-8")
    return path, OTHER_KEY


def hosted(name, text):
    def make(place):
        path = place.make("hosted") / ".claude" / "remote" / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
        return f"/home/claude/.claude/remote/{name}", text
    return make


OTHER_TOKEN = secret("sk-ant-oat01-", "hosted-token")
Shadow = collections.namedtuple("Shadow", "make misleads")
SHADOWS = {
    "helper": Shadow(user_helper, ["setup-token", "login"]),
    "earlier-sign-in": Shadow(earlier_sign_in, []),  # sent beside the credential, in requests of its own
    "hosted-key": Shadow(hosted(".api_key", OTHER_KEY), ["setup-token", "login"]),
    "hosted-token": Shadow(hosted(".oauth_token", OTHER_TOKEN), ["login"]),
}
CAST = [(source, shadow) for source in ("setup-token", "login") for shadow in SHADOWS
        if (source, shadow) != ("setup-token", "hosted-token")]


def cast(place, source, shadow):
    """Returns the variables, what lies over the system, the file of the shadow, and the credential in it."""
    variables = prepare(place, SITUATIONS[source])
    file, content = SHADOWS[shadow].make(place)
    binds = [(place.make("hosted"), "/home/claude")] if shadow.startswith("hosted") else []
    return variables, binds, str(file), content


@pytest.mark.parametrize("source, shadow", CAST)
def test_a_shadow_is_a_warning_and_a_true_one(place, source, shadow):
    variables, binds, file, content = cast(place, source, shadow)
    run, started = place.claude(variables=variables, binds=binds)
    assert started and run.returncode == 0
    assert [line for line in messages(run) if file in line] != []
    assert fingerprint(content) in set().union(*map(carried, run.requests))
    (message,) = clients.messages_of(run.requests)
    misled = source in SHADOWS[shadow].misleads
    assert carried(message) == {fingerprint(content if misled else SENT_AS[SITUATIONS[source].expected][1])}
    assert all(len(carried(request)) <= 1 for request in run.requests), "two credentials in one request"
    assert_no_subscription_as_a_key(run)


@pytest.mark.parametrize("source, shadow", CAST)
def test_a_shadow_stops_claude_where_a_payer_was_named(place, source, shadow):
    variables, binds, file, _ = cast(place, source, shadow)
    status, told = place.stopped("-p", "subscription", variables=variables, binds=binds)
    assert status == 78
    assert len(told) == 1 and told[0].startswith(f"{file}: ") and "--allow-shadow" in told[0]


def test_a_hosted_token_does_nothing_to_a_setup_token(place):
    variables, binds, file, _ = cast(place, "setup-token", "hosted-token")
    run, started = place.claude("-p", "subscription", variables=variables, binds=binds)
    assert started and file not in run.stderr
    assert set().union(*map(carried, run.requests)) == {fingerprint(SETUP_TOKEN)}


# --- only claude may renew a login ----------------------------------------------------------------------------------

def test_keystile_itself_asks_no_server_and_changes_no_file(place):
    path = store(place.home / ".claude", **ENDED)
    before = (path.read_bytes(), path.stat(), sorted(path.parent.iterdir()))
    for arguments in (["explain"], ["explain", "--json"], ["get", "-t", "cli", "-f", "json"], ["check", "-v"],
                      ["exec", "-t", "cli", "--", "true"]):
        run = place.run([INSTALLED, *arguments], {})
        assert (run.returncode, run.requests) == (0, []), arguments
    after = (path.read_bytes(), path.stat(), sorted(path.parent.iterdir()))
    assert after[0] == before[0] and after[2] == before[2]
    assert (after[1].st_mtime_ns, after[1].st_ino, after[1].st_mode) == \
        (before[1].st_mtime_ns, before[1].st_ino, before[1].st_mode)
