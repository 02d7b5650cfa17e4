# SPDX-License-Identifier: MIT
"""The real claude, and the official SDKs for Python and TypeScript, behind the installed keystile.

Each runs in a network namespace with nothing but loopback, beside two stand-ins for the API. The first is where the
credential is meant to go; nothing may ever reach the second. (design, sections 2 and 8)
"""

import collections
import json
import os

import clients
import netns
import pytest
import temptations
from clients import BASE_URL, OTHER_URL
from places import MANAGED, VENDOR, Place, assert_carries_only, assert_helper_gave, messages, sent, ways
from stage import API_KEY, CANARY, GATEWAY_TOKEN, INSTALLED, OTHER_KEY, PREFIX, SETUP_TOKEN, entry, fingerprint

STOPPED = 78
WORKSPACE = "wrkspc_01"
# claude goes on trying where there is no network: long enough to see it try.
A_WHILE = 5
EVERY_CLIENT = pytest.mark.parametrize("client", clients.COMMANDS)

# An entry, the variables it reads, and what comes of it.
Source = collections.namedtuple("Source", "entry variables kind variable secret")
SOURCES = {
    "api-key": Source(
        entry("env"), {"ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": BASE_URL},
        "api-key", "ANTHROPIC_API_KEY", API_KEY),
    "api-key-elsewhere": Source(
        entry("env", var="TEAM_KEY", base_url_var="TEAM_URL"), {"TEAM_KEY": API_KEY, "TEAM_URL": BASE_URL},
        "api-key", "TEAM_KEY", API_KEY),
    "gateway-token": Source(
        entry("env", kind="gateway-token"), {"ANTHROPIC_AUTH_TOKEN": GATEWAY_TOKEN, "ANTHROPIC_BASE_URL": BASE_URL},
        "gateway-token", "ANTHROPIC_AUTH_TOKEN", GATEWAY_TOKEN),
    "gateway-token-elsewhere": Source(
        entry("env", kind="gateway-token", var="TEAM_TOKEN", base_url=BASE_URL), {"TEAM_TOKEN": GATEWAY_TOKEN},
        "gateway-token", "TEAM_TOKEN", GATEWAY_TOKEN),
}
KEY = SOURCES["api-key"]


def tempting(place, source):
    """The source's variables, and every other one set to something that would win."""
    return {**temptations.variables(place.home), **temptations.BESIDE, **source.variables}


@pytest.fixture
def place(folder):
    return Place(folder, [KEY.entry], KEY.variables)


@pytest.fixture(scope="module", autouse=True)
def versions(request, record_testsuite_property):
    """The clients of this run; its log and its report say so."""
    found = clients.versions()
    for client, version in found.items():
        record_testsuite_property(f"version of {client}", version)
    line = ", ".join(f"{client} {version}" for client, version in found.items())
    plugin = request.config.pluginmanager.getplugin
    with plugin("capturemanager").global_and_fixture_disabled():
        plugin("terminalreporter").write_line(f"clients: {line}")
    return found


# --- one credential, and it is the one that was named ---------------------------------------------------------------

@pytest.mark.parametrize("name", SOURCES)
@EVERY_CLIENT
def test_a_client_sends_the_named_credential_and_no_other(place, versions, client, name):
    source = SOURCES[name]
    place.service("default", source.entry)
    variables = tempting(place, source)
    command = clients.COMMANDS[client]()

    explained = place.run([INSTALLED, "explain", "--json", "--", *command], variables)
    winner = json.loads(explained.stdout)["winner"]
    run = place.run(temptations.with_descriptors(place.home, [INSTALLED, "exec", "--", *command]), variables)

    assert_carries_only(run, client, source.kind, source.secret)
    assert [fp for _, _, fp in sent(run)] == [winner["fingerprint"]]
    assert (winner["kind"], winner["source"], winner["payer"], winner["base_url"]) == \
        (source.kind, source.variable, "gateway", BASE_URL)
    assert versions[client] in clients.headers_of(run.requests[0])["user-agent"][0]


SELECTORS = [name for name in temptations.clouds() if name.startswith("CLAUDE_CODE_USE_")]
RIVALS = [("claude", "api-key", rival) for rival in ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", *SELECTORS)]
RIVALS += [(client, source, rival) for client in clients.COMMANDS for source, rival in (
    ("api-key", "ANTHROPIC_CUSTOM_HEADERS"), ("gateway-token", "ANTHROPIC_API_KEY"))]


@pytest.mark.parametrize("client, name, rival", RIVALS)
def test_without_keystile_a_rival_gets_its_way(place, client, name, rival):
    """That the test above can fail: each of these is enough to lead a client astray."""
    source = SOURCES[name]
    companions = {variable: value for variable, value in temptations.clouds().items() if variable not in SELECTORS}
    variables = {**companions, **source.variables, rival: temptations.variables(place.home)[rival]}
    run = place.run(clients.COMMANDS[client](), variables)
    assert sent(run) not in [[(netns.PORT, way, fingerprint(source.secret))] for way in ways(client, source.kind)]


def test_every_variable_that_is_unset_has_been_a_temptation(place):
    run = place.exec("--print-env-changes", "--", "true")
    assert {line.split()[1] for line in run.stdout.splitlines()} == set(temptations.variables(place.home))


@EVERY_CLIENT
def test_a_first_party_key_goes_to_the_first_party_whatever_the_base_url_says(place, client):
    """The stand-in is their proxy, so that it sees for whom they ask. Not every SDK heeds a proxy."""
    place.service("default", entry("env", base_url_var="TEAM_URL"))
    variables = {"ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": OTHER_URL, "HTTPS_PROXY": BASE_URL}
    run = place.exec("--", *clients.COMMANDS[client](), variables=variables, timeout=A_WHILE)
    asked = {(r["port"], r["method"], r["path"]) for r in run.requests}
    assert asked <= {(netns.PORT, "CONNECT", "api.anthropic.com:443")}
    assert asked or client == "typescript"
    assert sent(run) == []
    assert "ANTHROPIC_BASE_URL removed from the environment" in "".join(messages(run))


@EVERY_CLIENT
def test_the_workspace_arrives(place, client):
    place.service("default", entry("env", workspace=WORKSPACE))
    run = place.exec("--", *clients.COMMANDS[client](), variables=tempting(place, KEY))
    assert_carries_only(run, client, "api-key", API_KEY)
    assert clients.auth_of(run.requests[0])["anthropic-workspace-id"] == [WORKSPACE]


# --- apiKeyHelper ---------------------------------------------------------------------------------------------------

def helper(place, *args):
    place.settings(place.home, {"apiKeyHelper": " ".join(["keystile get -f helper", *map(str, args)])})


def test_the_helper_works_in_claude(place):
    """The key is in a file, which claude itself does not look for."""
    helper(place)
    key = place.home / "key"
    key.write_text(f"{API_KEY}\n", encoding="utf-8")
    key.chmod(0o600)
    run = place.run(clients.claude_command(), {"ANTHROPIC_API_KEY_FILE": str(key), "ANTHROPIC_BASE_URL": BASE_URL})
    assert_helper_gave(run, API_KEY)


@pytest.mark.parametrize("team, expected", [("red", API_KEY), ("blue", OTHER_KEY)])
def test_the_helper_gives_the_key_of_its_service_alone(place, team, expected):
    place.service("red", entry("env", var="RED_KEY"))
    place.service("blue", entry("env", var="BLUE_KEY"))
    helper(place, "-s", team)
    variables = {"RED_KEY": API_KEY, "BLUE_KEY": OTHER_KEY, "ANTHROPIC_BASE_URL": BASE_URL}
    assert_helper_gave(place.run(clients.claude_command(), variables), expected)


@pytest.mark.parametrize("key, words", [
    (None, "no credential for service 'team'"),
    (SETUP_TOKEN, "invalid: TEAM_KEY is an OAuth access token"),
])
def test_claude_shows_why_the_helper_failed(place, key, words):
    place.service("team", entry("env", var="TEAM_KEY"))
    helper(place, "-s", "team")
    variables = {"ANTHROPIC_BASE_URL": BASE_URL, **({"TEAM_KEY": key} if key else {})}
    run = place.run(clients.claude_command(), variables)
    told = [line for line in run.stderr.splitlines() if PREFIX in line]
    assert len(told) == 1 and words in told[0], run.stderr
    assert CANARY not in json.dumps(run.requests)


# --- what a project's folder holds ----------------------------------------------------------------------------------

def worktree(work):
    """A linked worktree, made by hand. Returns its folder, and that of the main checkout."""
    main, linked = work / "main", work / "linked"
    data = main / ".git" / "worktrees" / "linked"
    data.mkdir(parents=True)
    linked.mkdir()
    (linked / ".git").write_text(f"gitdir: {data}\n", encoding="utf-8")
    (data / "commondir").write_text("../..\n", encoding="utf-8")
    (data / "gitdir").write_text(f"{linked}/.git\n", encoding="utf-8")
    return linked, main


def here(work):
    return work, work


def below_the_root(work):
    (work / ".git").mkdir()
    (work / "sub").mkdir()
    return work / "sub", work


# Where claude is started and where the settings are, in which file, what they say, and the key that is to be named.
Trap = collections.namedtuple("Trap", "layout name content key")
REDIRECT = {"env": {"ANTHROPIC_BASE_URL": OTHER_URL}}
TRAPS = {
    "settings": Trap(here, "settings.json", REDIRECT, "env.ANTHROPIC_BASE_URL"),
    "local-settings": Trap(here, "settings.local.json", REDIRECT, "env.ANTHROPIC_BASE_URL"),
    "root-of-the-repository": Trap(below_the_root, "settings.local.json", REDIRECT, "env.ANTHROPIC_BASE_URL"),
    "main-checkout": Trap(worktree, "settings.local.json", REDIRECT, "env.ANTHROPIC_BASE_URL"),
    "proxy": Trap(here, "settings.json", {"env": {"HTTP_PROXY": OTHER_URL}}, "env.HTTP_PROXY"),
    "helper": Trap(here, "settings.json", {"apiKeyHelper": f"echo {OTHER_KEY}"}, "apiKeyHelper"),
}
EVERY_TRAP = pytest.mark.parametrize("name", TRAPS)


def lay(place, trap):
    """Returns where claude is to be started, and the file."""
    cwd, root = trap.layout(place.work)
    return cwd, place.settings(root, trap.content, trap.name)


@EVERY_TRAP
def test_a_project_stops_claude(place, name):
    cwd, file = lay(place, TRAPS[name])
    status, told = place.stopped(cwd=cwd)
    assert status == STOPPED
    assert len(told) == 1
    assert str(file) in told[0] and TRAPS[name].key in told[0] and "--allow-shadow" in told[0]


@EVERY_TRAP
def test_a_project_would_have_misled_claude(place, name):
    """The same settings where they are allowed: that they would have done what they were stopped for."""
    cwd, file = lay(place, TRAPS[name])
    run, started = place.claude("--allow-shadow", cwd=cwd)
    assert started
    assert [line for line in messages(run) if str(file) in line and TRAPS[name].key in line] != []
    if name == "helper":
        assert sent(run) == [(netns.PORT, "bearer", fingerprint(OTHER_KEY)),
                             (netns.PORT, "x-api-key", fingerprint(API_KEY))]
    else:
        assert set(sent(run)) == {(netns.OTHER_PORT, "x-api-key", fingerprint(API_KEY))}


def test_a_project_without_such_settings_does_not_stop_claude(place):
    place.settings(place.work, {"env": {"DISABLE_TELEMETRY": "1"}, "model": "claude-test"})
    run, started = place.claude()
    assert started
    assert_carries_only(run, "claude", "api-key", API_KEY)
    assert messages(run) == []


# --- what the user's and the administrator's settings hold ----------------------------------------------------------

def test_a_helper_of_the_users_is_a_warning(place):
    """A true one: claude sends both."""
    file = place.settings(place.home, {"apiKeyHelper": f"echo {OTHER_KEY}"})
    run, started = place.claude()
    assert started
    assert [line for line in messages(run) if str(file) in line and "apiKeyHelper" in line] != []
    assert sent(run) == [(netns.PORT, "bearer", fingerprint(OTHER_KEY)),
                         (netns.PORT, "x-api-key", fingerprint(API_KEY))]


def test_a_helper_of_the_users_stops_claude_where_a_payer_was_named(place):
    file = place.settings(place.home, {"apiKeyHelper": f"echo {OTHER_KEY}"})
    status, told = place.stopped("-p", "gateway")
    assert status == STOPPED
    assert len(told) == 1 and str(file) in told[0] and "apiKeyHelper" in told[0]


def managed_login(place):
    folder = place.make("administrator")
    (folder / "managed-settings.json").write_text(json.dumps({"forceLoginMethod": "claudeai"}), encoding="utf-8")
    return folder


def test_a_login_that_the_administrator_forces_is_a_warning(place):
    """A true one: claude refuses the key."""
    run, started = place.claude(managed=managed_login(place))
    assert started
    assert [line for line in messages(run) if f"{MANAGED}/managed-settings.json: forceLoginMethod" in line] != []
    assert run.returncode != 0
    assert run.requests == []


def test_a_login_that_the_administrator_forces_stops_claude_where_a_payer_was_named(place):
    status, told = place.stopped("-p", "gateway", managed=managed_login(place))
    assert status == STOPPED
    assert len(told) == 1 and f"{MANAGED}/managed-settings.json: forceLoginMethod" in told[0]


# --- rather nothing than the wrong one ------------------------------------------------------------------------------

def test_a_subscription_is_not_replaced_by_a_key(place):
    status, told = place.stopped("-p", "subscription")
    assert status == 1
    passed_over, summary = told
    assert passed_over.startswith(f"{VENDOR}/default.conf:1: env.so: skipped: ")
    assert "subscription" in passed_over
    assert summary == ("no credential for service 'default' (cli, payer subscription): "
                       "every entry was skipped or not configured")


def test_a_subscription_token_is_not_sent_as_a_key(place):
    status, told = place.stopped(variables={**KEY.variables, "ANTHROPIC_API_KEY": SETUP_TOKEN})
    assert status == 65
    assert "env.so: invalid: ANTHROPIC_API_KEY is an OAuth access token" in told[0]


def test_nothing_is_started_where_there_is_nothing(place):
    status, told = place.stopped(variables={"ANTHROPIC_BASE_URL": BASE_URL})
    assert status == 1
    assert "ANTHROPIC_API_KEY is not set" in told[0]


# --- claude by its names --------------------------------------------------------------------------------------------

def through_path(place):
    (place.bin / "claude").symlink_to(clients.claude())
    return "claude"


def by_its_path(_):
    return clients.claude()


def by_a_link(place):
    link = place.work / "claude"
    link.symlink_to(os.path.realpath(clients.claude()))
    return "./claude"


def by_its_real_name(_):
    path = os.path.realpath(clients.claude())
    assert os.path.basename(path) != "claude", "the real file has the name, so this needs another way to leave it"
    return path


@pytest.mark.parametrize("called, transport", [
    (through_path, "cli"), (by_its_path, "cli"), (by_a_link, "cli"), (by_its_real_name, "api"),
])
def test_claude_by_each_name(place, called, transport):
    run = place.exec("-v", "--", called(place), *clients.claude_command()[1:])
    assert_carries_only(run, "claude", "api-key", API_KEY)
    assert f"transport {transport}, for {BASE_URL}" in messages(run)[0]
