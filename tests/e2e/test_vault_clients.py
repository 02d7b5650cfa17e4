# SPDX-License-Identifier: MIT
"""The real claude, and the official SDKs for Python and TypeScript, with a credential that lies in a real OpenBao.

They run in a network namespace with nothing but loopback (test_clients.py). Two ways lead out of it to the server:
the unix socket of an Agent, and a port on which the server itself is, with its TLS.
"""

import json
import pathlib
import sys
import urllib.parse

import clients
import pytest
import temptations
import vault_relay
from bao_agent import Agent
from clients import BASE_URL, OTHER_URL
from places import HTTPS, Place, assert_carries_only, assert_helper_gave, messages, sent, ways
from stage import API_KEY, CANARY, GATEWAY_TOKEN, INSTALLED, OTHER_KEY, PREFIX, entry, fingerprint
from vault_logins import AppRole
from vault_relay import Relay, unix_listener

pytestmark = [pytest.mark.own_vault, pytest.mark.no_memcheck]

UNAVAILABLE = 75
EVERY_CLIENT = pytest.mark.parametrize("client", clients.COMMANDS)
RELAY = pathlib.Path(vault_relay.__file__).resolve()
# The server says where the token may be sent.
GATEWAY = {"kind": "gateway-token", "field": "token", "base_url_field": "url"}
# What comes behind the vault, and is never to be sent.
LATER = entry("env", var="LOWER", base_url_var="LOWER_URL")


class Way:
    """From the namespace to the server: what an entry says, and the words before a command."""

    def __init__(self, options, words=()):
        self.options, self.words = options, [*words]


def by_agent(vault, role):
    agent = vault.meanwhile(Agent(vault.folder, vault.server, role.mount, role.role_id, role.secret_id()))
    return Way({"addr": agent.address, "ca_file": None, "auth": "none"})


def by_tls(vault, role):
    path, url = vault.folder / "server.sock", urllib.parse.urlsplit(vault.server.address)
    vault.meanwhile(Relay(lambda: [(url.hostname, url.port)], listener=unix_listener(path)))
    return Way(role.options(role.secret_id()), [sys.executable, RELAY, url.port, path])


@pytest.fixture(params=[by_agent, by_tls], ids=["agent", "tls"])
def there(request):
    return request.param


class Vaulted(Place):
    """A place whose first entry reads in the server, and binds."""

    def __init__(self, vault, there, fields, authority=None, **options):
        secret = vault.secret(**fields)
        self.way = there(vault, AppRole(vault, secret))
        line = vault.entry(secret, control="binding", **{"at_timeout": "5s", **self.way.options, **options})
        super().__init__(vault.folder, [line, LATER], {"LOWER": OTHER_KEY, "LOWER_URL": OTHER_URL}, authority)

    def tempted(self):
        """The environment, with every variable in it that could make another credential win."""
        return {**temptations.variables(self.home), **temptations.BESIDE, **self.variables}

    def through(self, argv, variables=None, **options):
        """Runs it where the server is within reach."""
        words = [str(word) for word in self.way.words]
        return self.run([*words, *argv], self.variables if variables is None else variables, **options)

    def helper(self):
        """Has claude ask keystile for its key."""
        self.settings(self.home, {"apiKeyHelper": "keystile get -f helper"})


def keystile(*words):
    return [INSTALLED, "exec", "--", *words]


# --- exec -----------------------------------------------------------------------------------------------------------

@EVERY_CLIENT
def test_an_api_key_reaches_a_client(vault, there, client):
    place = Vaulted(vault, there, {"api_key": API_KEY}, base_url=BASE_URL)
    run = place.through(temptations.with_descriptors(place.home, keystile(*clients.COMMANDS[client]())),
                        place.tempted())
    assert_carries_only(run, client, "api-key", API_KEY)


@EVERY_CLIENT
def test_a_gateway_token_and_its_url_reach_a_client(vault, there, client):
    place = Vaulted(vault, there, {"token": GATEWAY_TOKEN, "url": BASE_URL}, **GATEWAY)
    run = place.through(keystile(*clients.COMMANDS[client]()), place.tempted())
    assert_carries_only(run, client, "gateway-token", GATEWAY_TOKEN)


@EVERY_CLIENT
def test_a_workspace_in_the_server_reaches_a_client(vault, client):
    place = Vaulted(vault, by_agent, {"api_key": API_KEY, "workspace": "wrkspc_01"}, base_url=BASE_URL,
                    workspace_field="workspace")
    run = place.through(keystile(*clients.COMMANDS[client]()))
    assert_carries_only(run, client, "api-key", API_KEY)
    assert clients.auth_of(run.requests[0])["anthropic-workspace-id"] == ["wrkspc_01"]


@EVERY_CLIENT
def test_an_unbound_key_goes_to_the_api_itself(vault, there, authority, client):
    """The authority of the API's name is not that of the server, and neither is taken for the other."""
    place = Vaulted(vault, there, {"api_key": API_KEY}, authority)
    run = place.through(keystile(*clients.COMMANDS[client]()), {**place.variables, "ANTHROPIC_BASE_URL": OTHER_URL})
    assert (run.returncode, run.stdout.strip()) == (0, "pong"), run.stderr
    assert len(clients.messages_of(run.requests)) == 1
    assert {(port, fp) for port, _, fp in sent(run)} == {(HTTPS, fingerprint(API_KEY))}
    assert {way for _, way, _ in sent(run)} <= {*ways(client, "api-key")}


def test_the_token_of_the_environment_is_for_the_server_alone(vault):
    """All that vault.so needs is in variables, which stay in the environment of the client."""
    secret = vault.secret()
    place = Vaulted(vault, by_tls, {"api_key": API_KEY})
    token = vault.tenant.reader(secret)
    place.service("default", entry("vault", "any", "binding", path=secret.path, base_url=BASE_URL))
    run = place.through(keystile(*clients.claude_command()), {
        "VAULT_ADDR": vault.server.address, "VAULT_TOKEN": token, "VAULT_CACERT": str(vault.server.authority)})
    assert_carries_only(run, "claude", "api-key", API_KEY)
    assert token not in json.dumps(run.requests)


# --- apiKeyHelper ---------------------------------------------------------------------------------------------------

def test_the_helper_works_in_claude(vault, there):
    place = Vaulted(vault, there, {"api_key": API_KEY}, base_url=BASE_URL)
    place.helper()
    assert_helper_gave(place.through(clients.claude_command(), {"ANTHROPIC_BASE_URL": BASE_URL}), API_KEY)


def test_the_helper_gives_an_unbound_key_for_the_api_itself(vault, there, authority):
    place = Vaulted(vault, there, {"api_key": API_KEY}, authority)
    place.helper()
    run = place.through(clients.claude_command())
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "pong", "")
    assert sent(run) == [(HTTPS, way, fingerprint(API_KEY)) for way in ("bearer", "x-api-key")]


def test_the_helper_gives_a_gateway_token(vault, there):
    place = Vaulted(vault, there, {"token": GATEWAY_TOKEN, "url": BASE_URL}, **GATEWAY)
    place.helper()
    assert_helper_gave(place.through(clients.claude_command(), {"ANTHROPIC_BASE_URL": BASE_URL}), GATEWAY_TOKEN)


@pytest.mark.parametrize("fields, options", [
    ({"api_key": API_KEY}, {}), ({"api_key": API_KEY}, {"base_url": BASE_URL}),
    ({"token": GATEWAY_TOKEN, "url": BASE_URL}, GATEWAY)], ids=["unbound", "bound", "gateway-token"])
def test_the_helper_gives_nothing_for_another_url(vault, fields, options):
    place = Vaulted(vault, by_agent, fields, **options)
    place.helper()
    run = place.through(clients.claude_command(), {**place.variables, "ANTHROPIC_BASE_URL": OTHER_URL})
    (told,) = [line for line in run.stderr.splitlines() if PREFIX in line]
    assert "ANTHROPIC_BASE_URL" in told
    assert CANARY not in json.dumps(run.requests)


# --- while the server is down ---------------------------------------------------------------------------------------

def down(vault, there):
    place = Vaulted(vault, there, {"api_key": API_KEY}, base_url=BASE_URL, retries=0)
    vault.started.close()
    return place


@EVERY_CLIENT
def test_no_client_is_started(vault, there, client):
    place = down(vault, there)
    run = place.through(keystile(*clients.COMMANDS[client]()))
    assert (run.returncode, run.stdout, run.requests) == (UNAVAILABLE, "", [])
    assert "vault.so: unavailable: " in messages(run)[0]


def test_claude_shows_why_the_helper_failed(vault, there):
    place = down(vault, there)
    place.helper()
    run = place.through(clients.claude_command(), {**place.variables, "ANTHROPIC_BASE_URL": BASE_URL})
    told = [line for line in run.stderr.splitlines() if PREFIX in line]
    assert len(told) == 1 and "vault.so: unavailable: " in told[0], run.stderr
    assert CANARY not in json.dumps(run.requests)
