# SPDX-License-Identifier: MIT
"""The official SDKs and Agent SDKs behind the installed keystile, beside a subscription.

The SDKs talk to the API themselves, so they get a key, and never what belongs to a subscription. The Agent SDKs start
a claude of their own, so they may have it, where somebody says so with -t cli. (design, sections 2 and 8)
"""

import json

import clients
import pytest
from logins import ACCESS_TOKEN, store
from places import HTTPS, Place, messages, sent
from stage import API_KEY, CANARY, INSTALLED, SETUP_TOKEN, entry, fingerprint

SUBSCRIPTION_FIRST = [entry("setup-token", "cli", "binding"), entry("credentials-file", "cli", "binding"),
                      entry("env", "any", "binding")]
KEY = {"ANTHROPIC_API_KEY": API_KEY}
TOKEN = {"CLAUDE_CODE_OAUTH_TOKEN": SETUP_TOKEN}
EVERY_SDK = pytest.mark.parametrize("client", clients.SDKS)
EVERY_AGENT = pytest.mark.parametrize("client", clients.AGENTS)

# A subscription's credential: the variables, whether there is a login, and what is sent.
SUBSCRIPTIONS = {"setup-token": (TOKEN, False, SETUP_TOKEN), "login": ({}, True, ACCESS_TOKEN),
                 "both": (TOKEN, True, SETUP_TOKEN)}
EVERY_SUBSCRIPTION = pytest.mark.parametrize("name", SUBSCRIPTIONS)


@pytest.fixture
def place(folder, authority):
    return Place(folder, SUBSCRIPTION_FIRST, {}, authority)


def subscribe(place, name):
    """Returns the variables, and the token that is to be sent."""
    variables, has_login, token = SUBSCRIPTIONS[name]
    if has_login:
        store(place.home / ".claude")
    return variables, token


def assert_only(run, secret):
    """The client was answered, and every request carried that secret, once, to the API itself."""
    assert (run.returncode, run.stdout.strip()) == (0, "pong"), run.stderr
    assert run.requests != []
    for request in run.requests:
        assert request["port"] == HTTPS
        assert [fp for _, fp in clients.credentials_of(request)] == [fingerprint(secret)]
        assert json.dumps(request).count(CANARY) == 1, "another secret somewhere in the request"


@EVERY_SDK
@EVERY_SUBSCRIPTION
def test_an_sdk_gets_the_key_beside_a_subscription(place, client, name):
    variables, _ = subscribe(place, name)
    run = place.run([INSTALLED, "exec", "--", *clients.SDKS[client]()], {**variables, **KEY})
    assert_only(run, API_KEY)


@EVERY_SDK
@EVERY_SUBSCRIPTION
def test_an_sdk_gets_nothing_where_there_is_only_a_subscription(place, client, name):
    variables, _ = subscribe(place, name)
    run = place.run([INSTALLED, "exec", "--", *clients.SDKS[client]()], variables)
    assert (run.returncode, run.stdout, run.requests) == (1, "", [])


@EVERY_AGENT
@EVERY_SUBSCRIPTION
def test_an_agent_sdk_works_with_a_subscription_where_it_is_written(place, client, name):
    variables, token = subscribe(place, name)
    run = place.run([INSTALLED, "exec", "-t", "cli", "--", *clients.AGENTS[client]()], {**variables, **KEY})
    assert_only(run, token)
    assert {way for _, way, _ in sent(run)} == {"bearer"}


@EVERY_AGENT
@EVERY_SUBSCRIPTION
def test_an_agent_sdk_is_refused_a_subscription_where_it_is_not_written(place, client, name):
    variables, _ = subscribe(place, name)
    run = place.run([INSTALLED, "exec", "--", *clients.AGENTS[client]()], variables)
    assert (run.returncode, run.stdout, run.requests) == (1, "", [])
    for module in ("setup-token.so", "credentials-file.so"):
        (line,) = [line for line in messages(run) if f": {module}: " in line]
        assert "skipped: it is for cli, and api was asked for" in line and "-t cli" in line


@EVERY_AGENT
def test_an_agent_sdk_works_with_a_key_as_any_program_does(place, client):
    variables, _ = subscribe(place, "both")
    run = place.run([INSTALLED, "exec", "--", *clients.AGENTS[client]()], {**variables, **KEY})
    assert_only(run, API_KEY)


@EVERY_AGENT
def test_explain_names_what_an_agent_sdk_sends(place, client):
    variables, token = subscribe(place, "setup-token")
    run = place.run([INSTALLED, "explain", "--json", "-t", "cli", "--", *clients.AGENTS[client]()], variables)
    winner = json.loads(run.stdout)["winner"]
    assert (winner["kind"], winner["payer"], winner["fingerprint"]) == ("setup-token", "subscription",
                                                                        fingerprint(token))
