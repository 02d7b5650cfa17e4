# SPDX-License-Identifier: MIT
"""auth=gcp, before stand-ins: neither the Vault here nor anything of Google's is real. (design, section 7)"""

import json
import time

import pytest
from cloud_servers import answers
from cloud_stage import CloudStage
from cloud_world import HTTP, HTTPS, METADATA, World
from stage import CANARY, PREFIX
from vault_server import LOOPBACK, Server
from vault_steps import answer, hang_up, silence

pytestmark = pytest.mark.both_homes

JWT, SIGNED = (f"eyJ{CANARY}.{name}.signature" for name in ("identity", "signed"))
# Nothing in it tells that it is a secret, but that it was sent.
ACCESS = f"ya29.{CANARY}-access"
ACCOUNTS = "/computeMetadata/v1/instance/service-accounts"
SIGNER = "iamcredentials.googleapis.com"
EMAIL, OTHER_EMAIL = "machine@project.iam.gserviceaccount.com", "job@project.iam.gserviceaccount.com"
SIGNED_SECONDS = 600


def identity(server, account="default", role="ci"):
    """What the metadata server is asked."""
    audience = f"{server.url}/vault/{role}".replace(":", "%3A")
    return f"{ACCOUNTS}/{account}/identity?audience={audience}&format=full"


@pytest.fixture
def gcp(stage):
    with Server() as server:
        yield CloudStage(stage, server, "gcp")


# --- the machine's own identity -------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, account", [
    ({}, "default"), ({"gcp_type": "gce"}, "default"), ({"gcp_account": EMAIL}, EMAIL.replace("@", "%40"))])
def test_a_stand_in_for_the_metadata_server_says_who_this_machine_is(gcp, options, account):
    with Server(answers({f"GET {identity(gcp.server, account)}": f"{JWT}\n"})) as metadata:
        env = {"GCE_METADATA_HOST": metadata.authority}
        for body in gcp.bodies(env, role="ci", **options):
            assert body == {"role": "ci", "jwt": JWT}
        for request in metadata.requests:
            assert request.value("Metadata-Flavor") == "Google" and request.value("X-Vault-Request") is None


def test_a_stand_in_for_the_metadata_server_is_told_a_role_with_other_characters(gcp):
    escaped = identity(gcp.server, role="a%26b%20c%3D%C3%A4")
    with Server(answers({f"GET {escaped}": JWT})) as metadata:
        for body in gcp.bodies({"GCE_METADATA_HOST": metadata.authority}, role="a&b c=ä"):
            assert body == {"role": "a&b c=ä", "jwt": JWT}


@pytest.mark.parametrize("plays, outcome, says", [
    (("no account", 404), "denied", "answered 404: no account"),
    ((f"not for {JWT}", 403), "denied", "answered 403: not for ***"),
    (("busy", 429), "unavailable", "answered 429: busy"),
    (("broken", 503), "unavailable", "answered 503: broken"),
    ("", "unavailable", "did not answer with one word"),
    ("  \n", "unavailable", "did not answer with one word"),
    (f"{CANARY} {CANARY}", "unavailable", "did not answer with one word"),
    (b"eyJ\0", "unavailable", "did not answer with one word"),
    ("\xff".encode("latin-1"), "unavailable", "did not answer with one word"),
    (hang_up(b"HTTP/1.1 200 \r\nContent-Length: 900\r\n\r\neyJ"), "unavailable", "cut its answer short"),
    (hang_up(b"junk\r\n"), "unavailable", "no answer in HTTP"),
    (silence(), "unavailable", "did not answer in time"),
    (answer("", 301, "Location: http://127.0.0.1:1/"), "denied", "answered 301"),
], ids=["no-account", "refused", "busy", "broken", "nothing", "blanks", "two-words", "nul", "latin", "half", "junk",
        "silent", "led"])
def test_a_stand_in_for_the_metadata_server_goes_wrong(gcp, plays, outcome, says):
    with Server(answers({f"GET {identity(gcp.server)}": plays})) as metadata:
        found, text = gcp.fails({"GCE_METADATA_HOST": metadata.authority}, role="ci")
        assert found == outcome and says in text, text
        assert text.startswith(f"{metadata.url}{ACCOUNTS}/default/identity ")
        assert ("Google Cloud" in text) == (outcome == "unavailable")


def test_this_is_no_machine_of_google(gcp):
    outcome, text = gcp.fails({"GCE_METADATA_HOST": "127.0.0.1:1"}, role="ci")
    assert outcome == "unavailable" and "cannot be reached" in text and "is a machine of Google Cloud" in text


@pytest.mark.parametrize("host", ["192.0.2.1", "metadata.example", "127.0.0.1/path", "127.0.0.1?a", "a@127.0.0.1",
                                  "127.0.0.1#", "[::2]", "http://127.0.0.1"])
def test_a_host_that_is_not_this_ones(gcp, host):
    outcome, text = gcp.fails({"GCE_METADATA_HOST": host}, role="ci")
    assert outcome == "misconfigured" and text.startswith("GCE_METADATA_HOST ")


# --- at their own addresses -----------------------------------------------------------------------------------------

SIGN = f"POST /v1/projects/-/serviceAccounts/{EMAIL.replace('@', '%40')}:signJwt"
SIGN_OTHER = SIGN.replace("machine", "job")


@pytest.fixture
def world(stage):
    """A machine, and IAM. Both are stand-ins."""
    world = World(stage, "gcp")
    world.serve(LOOPBACK, HTTPS, {name: {"keyId": "1", "signedJwt": SIGNED} for name in (SIGN, SIGN_OTHER)}, SIGNER)
    audience = f"http%3A//{LOOPBACK}%3A8200/vault/ci"
    world.serve(METADATA, HTTP, {
        f"GET {ACCOUNTS}/default/identity?audience={audience}&format=full": JWT,
        f"GET {ACCOUNTS}/default/email": f"{EMAIL}\n",
        f"GET {ACCOUNTS}/default/token": {"access_token": ACCESS, "expires_in": 3599, "token_type": "Bearer"}})
    return world


@pytest.mark.no_memcheck
@pytest.mark.parametrize("env", [{}, {"GCE_METADATA_HOST": ""}, {"GCE_METADATA_HOST": "metadata.google.internal"},
                                 {"GCE_METADATA_HOST": "metadata"}, {"GCE_METADATA_HOST": METADATA}],
                         ids=["unset", "empty", "name", "short-name", "address"])
def test_a_stand_in_at_the_address_of_the_metadata_server(world, env):
    result = world.ask({"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1", **env}, role="ci")
    assert result.status == 0, result.err
    assert {json.dumps(body) for body in world.logins} == {json.dumps({"jwt": JWT, "role": "ci"})}


@pytest.mark.no_memcheck
@pytest.mark.parametrize("options, email, sign", [
    ({}, EMAIL, SIGN), ({"gcp_account": "default"}, EMAIL, SIGN),
    ({"gcp_account": OTHER_EMAIL}, OTHER_EMAIL, SIGN_OTHER),
], ids=["machine", "default", "named"])
def test_a_stand_in_for_iam_signs_who_the_account_is(world, options, email, sign):
    result = world.ask(role="ci", gcp_type="iam", **options)
    assert result.status == 0, result.err
    assert {json.dumps(body) for body in world.logins} == {json.dumps({"jwt": SIGNED, "role": "ci"})}
    asked = [request for request in world.requests if request["target"].endswith("Jwt")]
    assert asked
    for request in asked:
        headers = {name.lower(): value for name, value in request["headers"]}
        assert f"{request['method']} {request['target']}" == sign
        assert (headers["host"], headers["authorization"]) == (SIGNER, f"Bearer {ACCESS}")
        body = json.loads(request["body"])
        claims = json.loads(body.pop("payload"))
        assert body == {} and claims.keys() == {"aud", "sub", "exp"}
        assert (claims["aud"], claims["sub"]) == ("vault/ci", email)
        assert 0 < time.time() + SIGNED_SECONDS - claims["exp"] < SIGNED_SECONDS
    for request in world.requests:
        assert request["host"] != METADATA or ["Metadata-Flavor", "Google"] in request["headers"]


def told_of(world, **options):
    """What is said of a login that fails before it is made."""
    result = world.ask(role="ci", gcp_type="iam", **options)
    assert world.logins == [] and result.status != 0
    return result.messages[0].removeprefix(PREFIX)


@pytest.mark.no_memcheck
@pytest.mark.parametrize("answers_with, outcome, says", [
    ([f"{ACCESS} may not", 403], "denied", "answered 403: *** may not"),
    (["later", 429], "unavailable", "answered 429: later"),
    (["broken", 500], "unavailable", "answered 500: broken"),
    ([{"keyId": "1"}, 200], "unavailable", "answered without signedJwt"),
    ([{"signedJwt": f"{CANARY} {CANARY}"}, 200], "unavailable", "answered without signedJwt that could be one"),
    ([{"signedJwt": 7}, 200], "unavailable", "answered without signedJwt"),
    (["{\"signedJwt\": ", 200], "unavailable", "did not answer with a JSON object"),
], ids=["refused", "busy", "broken", "lacks", "blank", "number", "half"])
def test_a_stand_in_for_iam_goes_wrong(world, answers_with, outcome, says):
    world.servers[1]["table"] = {SIGN: answers_with}
    told = told_of(world)
    assert f": {outcome}: https://{SIGNER}/v1/projects/-/serviceAccounts/" in told and says in told, told


@pytest.mark.no_memcheck
@pytest.mark.parametrize("what, answers_with, outcome, says", [
    ("email", ["none", 404], "denied", "/default/email answered 404: none"),
    ("email", ["", 200], "unavailable", "/default/email did not answer with one word"),
    ("token", ["none", 404], "denied", "/default/token answered 404: none"),
    ("token", [{"token_type": "Bearer"}, 200], "unavailable", "/default/token answered without access_token"),
    ("token", [{"access_token": f"{CANARY}\r\nX: y"}, 200], "unavailable", "without access_token that could be one"),
    ("token", ["junk", 200], "unavailable", "/default/token did not answer with a JSON object"),
], ids=["no-account", "no-email", "no-token", "lacks", "line-end", "junk"])
def test_a_stand_in_for_a_machine_of_google_goes_wrong(world, what, answers_with, outcome, says):
    world.servers[2]["table"][f"GET {ACCOUNTS}/default/{what}"] = answers_with
    told = told_of(world)
    assert f": {outcome}: http://{METADATA}" in told and says in told, told
    assert not any(request["target"].endswith("Jwt") for request in world.requests)


@pytest.mark.no_memcheck
def test_an_iam_that_nobody_vouches_for_gets_no_token(world):
    result = world.ask({"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}, role="ci", gcp_type="iam")
    assert result.status == 78 and f"misconfigured: https://{SIGNER}/" in result.messages[0]
    assert not any(request["target"].endswith("Jwt") for request in world.requests)
