# SPDX-License-Identifier: MIT
"""vault.so, and a server that sends it elsewhere: one hop, to the same server or to one that redirects= names, and
never with a token anywhere else. (design, section 7; keystile-vault(8))"""

import dataclasses

import pytest
import vault_steps as steps
from stage import CANARY
from vault_rows import APPROLE, GIVEN, LOGGED_IN, LOGIN, READ, READ_BY_LOGIN, Row, params, play

ONCE, THERE = [READ], [READ, "GET there as static"]
HERE = "/v1/there"
OTHER = {"other": {"plays": [GIVEN]}}
# Another address of this machine.
OTHER_HOST = {"other": {"plays": [GIVEN], "host": "127.0.0.2"}}
NOBODY = "vault.example"
# Who is to blame is not who was asked.
THERE_IT_IS = ("{other}/v1/there",)
# Where a redirect may not be followed, the server is asked again, for it may choose another leader.
AT_ONCE = {"retries": 0}


def to(location, status=307):
    """A redirect, with the servers' addresses in its Location."""
    return lambda world: [steps.redirect(world.fill(location), status), GIVEN]


def followed(name, location, status=307, **more):
    return Row(name, to(location, status), asked=THERE, **more)


def refused(name, location, *says, status=307, **more):
    """Nothing is sent where it leads. The message names the host, and no query."""
    more.setdefault("others", OTHER)
    more["options"] = AT_ONCE | more.get("options", {})
    return Row(name, to(location, status), "misconfigured", (str(status), *says), ONCE, **more)


FOLLOWED = [
    *(followed(f"{status} here", HERE, status) for status in (301, 302, 307)),
    followed("to a whole URL", "{url}/v1/there"),
    followed("to a whole URL in other letters", "HTTP://{here}/v1/there"),
    followed("to a URL without a scheme", "//{here}/v1/there"),
    followed("by TLS", "{url}/v1/there", tls="good"),
    followed("by TLS, without a host", HERE, tls="good"),
    Row("to a query", to(HERE + "?x=y"), asked=[READ, "GET there?x=y as static"]),
    Row("of a login", [steps.redirect(HERE), LOGGED_IN, GIVEN], asked=[LOGIN, "POST there", READ_BY_LOGIN],
        options=APPROLE),
    Row("of a login, 302", [steps.redirect(HERE, 302), LOGGED_IN, GIVEN], asked=[LOGIN, "POST there", READ_BY_LOGIN],
        options=APPROLE),
    Row("of each request, once", [steps.redirect(HERE), LOGGED_IN, steps.redirect(HERE), GIVEN],
        asked=[LOGIN, "POST there", READ_BY_LOGIN, "GET there as login"], options=APPROLE),
    Row("again after a fault", [steps.redirect(HERE), steps.errors(503), steps.redirect(HERE), GIVEN],
        asked=THERE * 2, least=1),
    Row("with one repeat, which is not used up by a hop", [steps.redirect(HERE), steps.errors(503),
        steps.redirect(HERE), GIVEN], asked=THERE * 2, options={"retries": 1}, least=1),
    Row("elsewhere, until there is another leader", lambda world: [to("{other}/v1/there")(world)[0], GIVEN],
        asked=ONCE * 2, others=OTHER, least=1),
]

REFUSED = [
    refused("to another port", "{other}/v1/there", "{other.authority}"),
    refused("to another host", "{other}/v1/there", "{other.authority}", others=OTHER_HOST),
    refused("to another name of the host", "http://localhost:{port}/v1/there", "localhost:"),
    refused("to another host without a scheme", "//{other.authority}/v1/there", "{other.authority}",
            others=OTHER_HOST),
    refused("to a name", f"https://{NOBODY}/v1/there", NOBODY),
    refused("to a name, with a token in the query", f"https://{NOBODY}/v1/there?token=hvs.{CANARY}-there", NOBODY),
    refused("to a name, with a token in it", f"https://hvs.{CANARY}-there.example/v1/there"),
    refused("from https to http", "http://{here}/v1/there", "https", tls="good"),
    refused("from https to http elsewhere", "{other}/v1/there", "https", tls="good"),
    refused("to http on another machine, which is allowed", "http://192.0.2.1:9/v1/there", "http://", "not this one",
            options={"redirects": "192.0.2.1:9"}),
    refused("to a user", "http://ci@{here}/v1/there", "user"),
    refused("to a user and password", f"http://ci:{CANARY}@{{here}}/v1/there", "user"),
    refused("to what looks like here", f"http://{{here}}@{NOBODY}/v1/there"),
    refused("to what looks like here to others", f"http://{{here}}\\@{NOBODY}/v1/there"),
    refused("to what begins like here", "http://{here}.example/v1/there"),
    refused("to a file", "file:///etc/hostname"),
    refused("to a socket", "unix:///run/vault.sock"),
    refused("to gopher", "gopher://{here}/_x"),
    refused("to no host", "https:///v1/there"),
    refused("to a bad host", "http://[::1/v1/there"),
    refused("to a bad port", "http://127.0.0.1:99999/v1/there"),
    refused("to nothing", ""),
    *(refused(f"{status} here", HERE, status=status) for status in (300, 303, 304, 305, 308)),
    Row("without a Location", steps.answer(b"", 307), "misconfigured", ("307",), ONCE),
    Row("with two", lambda world: [
        steps.answer(b"", 307, f"Location: {HERE}", world.fill("Location: {other}/v1/there")), GIVEN], None,
        others=OTHER),
    Row("twice", [steps.redirect(HERE)] * 2 + [GIVEN], "misconfigured", ("307", "more than once"), THERE),
    Row("for ever", [steps.redirect(HERE)] * 50, "misconfigured", ("307", "more than once"), THERE),
    Row("here, and then elsewhere", lambda world: [steps.redirect(HERE), to("{other}/v1/there")(world)[0]],
        "misconfigured", ("307",), THERE, others=OTHER),
    Row("a login elsewhere", lambda world: to("{other}/v1/there")(world) * 2, "misconfigured", ("{other.authority}",),
        [LOGIN], options=APPROLE | AT_ONCE, others=OTHER),
    Row("the preflight elsewhere", lambda world: to("{other}/v1/there")(world) * 2, "misconfigured",
        ("{other.authority}",), None, options=AT_ONCE | {"kv_version": None}, others=OTHER),
    Row("from a socket", lambda world: to("{other}/v1/there")(world), "misconfigured", ("307",), ONCE, options=AT_ONCE, others=OTHER,
        server={"path": lambda world: world.stage.folder / "agent.sock"}),
]


def rule(*words):
    """redirects= with the servers' addresses in it."""
    return {"redirects": lambda world: world.fill(",".join(words))}


def at_fault(name, result, *says, **server):
    """What comes of a server to which the redirect may lead."""
    return Row(name, to("{other}/v1/there?x=y"), result, (*THERE_IT_IS, *says), ONCE,
               options=AT_ONCE | rule("{other.authority}"), others={"other": server})


ALLOWED = [
    Row("a port that is named", to("{other}/v1/there"), asked=ONCE, options=rule("{other.authority}"), others=OTHER),
    Row("a host that is named", to("{other}/v1/there"), asked=ONCE, options=rule(NOBODY, "{other.authority}"),
        others=OTHER_HOST),
    Row("a host that is named, by TLS", to("{other}/v1/there"), asked=ONCE, options=rule("{other.authority}"),
        others={"other": {"plays": [GIVEN], "host": "127.0.0.1", "tls": "good"}}, tls="good"),
    Row("a login there", lambda world: to("{other}/v1/there")(world), asked=[LOGIN, READ_BY_LOGIN],
        options=APPROLE | rule("{other.authority}"), others={"other": {"plays": [LOGGED_IN]}}),
    at_fault("one that is sealed", "unavailable", "503", plays=[steps.errors(503, "Vault is sealed")]),
    at_fault("one that denies it", "denied", "403", plays=[steps.errors(403, "permission denied")]),
    at_fault("one that sends on", "misconfigured", "more than once", plays=[steps.redirect(HERE)]),
]

DISALLOWED = [
    Row("for good", lambda world: [to("{other}/v1/there")(world)[0]] * 2, "misconfigured", ("{other.authority}",),
        ONCE * 2, options={"retries": 1}, others=OTHER, least=1),
    refused("a port that is not named", "{other}/v1/there", "{other.authority}", options=rule(NOBODY)),
    refused("a name that goes on", "{other}/v1/there", "{other.authority}", options=rule("127.0.0.1.example:{other.port}")),
    refused("a name that ends before", "{other}/v1/there", "{other.authority}", options=rule("{other.authority-}")),
    refused("http where it is named, from https", "{other}/v1/there", "https", options=rule("{other.authority}"),
            tls="good"),
    Row("one that cannot prove itself", to("{other}/v1/there"), "misconfigured", THERE_IT_IS, ONCE,
        options=rule("{other.authority}"), tls="good",
        others={"other": {"plays": [GIVEN], "tls": "of_another_authority"}}),
    at_fault("one that is gone", "unavailable", listens=False),
    refused("none", HERE, options={"redirects": "none"}),
    refused("VAULT_DISABLE_REDIRECTS=true", HERE, env={"VAULT_DISABLE_REDIRECTS": "true"}),
    refused("BAO_DISABLE_REDIRECTS=1", HERE, env={"BAO_DISABLE_REDIRECTS": "1"}),
    followed("VAULT_DISABLE_REDIRECTS=false", HERE, env={"VAULT_DISABLE_REDIRECTS": "false"}),
    followed("redirects= beats VAULT_DISABLE_REDIRECTS", HERE, env={"VAULT_DISABLE_REDIRECTS": "true"},
             options={"redirects": "same-host"}),
    Row("VAULT_DISABLE_REDIRECTS=perhaps", to(HERE), "misconfigured", ("VAULT_DISABLE_REDIRECTS",), [],
        env={"VAULT_DISABLE_REDIRECTS": "perhaps"}),
]

ROWS = {"followed": FOLLOWED, "refused": REFUSED, "disallowed": DISALLOWED}


@pytest.mark.parametrize("row", params(ROWS))
def test_redirect(stage, certificates, row):
    assert all(other.requests == [] for other in play(stage, certificates, row).others.values())


@pytest.mark.parametrize("row", ALLOWED, ids=lambda row: row.name)
def test_a_redirect_to_a_host_that_is_named(stage, certificates, row):
    """It gets all that the first one got."""
    other = {name: options | {"is_trusted": True} for name, options in row.others.items()}
    world = play(stage, certificates, dataclasses.replace(row, others=other))
    (request,) = world.others["other"].requests
    first = world.server.requests[0]
    assert (request.method, request.target.partition("?")[0], request.body) == (first.method, "/v1/there", first.body)
    assert {*request.headers} - {*first.headers} == {("Host", world.others["other"].authority)}
