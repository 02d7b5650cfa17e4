# SPDX-License-Identifier: MIT
"""What vault.so makes of secrets in a real server, in engines of both versions. (design, section 7)"""

import dataclasses
import re
import datetime
import time
import urllib.parse

import pytest
from stage import API_KEY, GATEWAY, GATEWAY_TOKEN, OTHER_KEY, SETUP_TOKEN, fingerprint

pytestmark = pytest.mark.both_homes

HOUR = 3600
VERSIONS = pytest.mark.parametrize("version", [1, 2])
OTHER_FIELD = "CANARY-of-another-field"


def seconds(text):
    return datetime.datetime.fromisoformat(text).timestamp()


def rfc3339(moment):
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def url(vault, secret):
    return f"{vault.server.address}/v1/{secret.api_path}"


# --- where a secret is ----------------------------------------------------------------------------------------------

@VERSIONS
@pytest.mark.parametrize("said", [None, "auto", "own"])
def test_a_key_of_either_version(vault, version, said):
    secret = vault.secret(version)
    vault.read(secret, kv_version=version if said == "own" else said)
    found = vault.json()
    assert (found["kind"], found["secret"], found["module"]) == ("api-key", API_KEY, "vault.so")
    assert (found["payer"], found["base_url"]) == ("api", None)
    assert found["attributes"] == ({"version": "1"} if version == 2 else {})
    assert found["source"] == url(vault, secret)
    assert found["expires_at"] is None


@VERSIONS
def test_a_mount_with_slashes(vault, version):
    secret = vault.secret(version, mount=f"{vault.tenant.name()}/of/two", name="a/b/c")
    vault.read(secret)
    assert vault.json()["secret"] == API_KEY


@VERSIONS
def test_a_mount_with_slashes_that_the_server_is_not_asked_for(vault, version):
    secret = vault.secret(version, mount=f"{vault.tenant.name()}/of/two", name="a/b/c")
    vault.read(secret, kv_version=version, mount=secret.mount)
    assert vault.json()["secret"] == API_KEY


@pytest.mark.parametrize("name", ["with blank", "per%cent", "a?b#c", "grüße", "plus+and&"])
def test_a_name_that_a_url_would_take_otherwise(vault, name):
    secret = vault.tenant.secret(name="ai/x", api_key=OTHER_KEY)
    quoted = dataclasses.replace(secret, name=urllib.parse.quote(name))
    vault.tenant.put(quoted, api_key=API_KEY)
    vault.login_by(f"{secret.mount}/{name}", token_file=vault.token_file(vault.tenant.token(
        vault.tenant.policy(f"{secret.mount}/*"))))
    assert vault.json()["secret"] == API_KEY


@pytest.mark.parametrize("name", ["with blank", "grüße", "a+b@c", "plain"])
def test_a_denial_tells_the_policy_that_helps(vault, name):
    secret = vault.tenant.secret(name="ai/x", api_key=OTHER_KEY)
    vault.tenant.put(dataclasses.replace(secret, name=urllib.parse.quote(name)), api_key=API_KEY)
    path = f"{secret.mount}/{name}"
    other = vault.tenant.policy(f"{secret.mount}/data/other")
    vault.login_by(path, token_file=vault.token_file(vault.tenant.token(other)))
    outcome, text = vault.refused()
    assert outcome == "denied"
    told = re.search(r'path "([^"]*)" { capabilities', text)[1]
    vault.login_by(path, token_file=vault.token_file(vault.tenant.token(vault.tenant.policy(told))))
    assert vault.json()["secret"] == API_KEY


@pytest.mark.parametrize("said", [{}, {"mount": True}])
@pytest.mark.parametrize("version", [1, 2])
def test_a_denial_by_a_server_that_tells_no_version(vault, version, said):
    """A token without a policy on the mount may not even ask: the message has both paths, and one of them helps."""
    secret = vault.secret(version)
    options = {"mount": secret.mount} if said else {}
    vault.login_by(secret, token_file=vault.token_file(vault.tenant.token("default")), **options)
    outcome, text = vault.refused()
    assert outcome == "denied"
    assert secret.api_path in re.findall(r'path "([^"]*)"', text) and "version 1" in text


@pytest.mark.parametrize("said", [{}, {"kv_version": 2}])
def test_a_version_that_is_asked_for(vault, said):
    secret = vault.secret(api_key=OTHER_KEY)
    vault.tenant.put(secret, api_key=API_KEY)
    vault.read(secret, **said)
    assert vault.json()["secret"] == API_KEY
    vault.read(secret, version=1, **said)
    found = vault.json()
    assert (found["secret"], found["source"]) == (OTHER_KEY, url(vault, secret))
    assert found["attributes"] == {"version": "1"}


@VERSIONS
def test_a_path_that_does_not_exist(vault, version):
    secret = vault.secret(version)
    token = vault.tenant.token(vault.tenant.policy(f"{secret.mount}/*"))
    vault.login_by(f"{secret.mount}/ai/nobody", token_file=vault.token_file(token))
    outcome, text = vault.refused()
    assert outcome == "misconfigured" and "ai/nobody" in text and "404" in text


def test_a_mount_that_does_not_exist(vault):
    token = vault.tenant.token(vault.tenant.policy("nowhere/*"))
    vault.login_by("nowhere/ai/claude", token_file=vault.token_file(token))
    outcome, text = vault.refused()
    assert outcome in ("misconfigured", "denied") and "nowhere" in text


def test_a_version_that_does_not_exist(vault):
    vault.read(vault.secret(), version=7)
    outcome, text = vault.refused()
    assert outcome == "misconfigured" and "7" in text


# --- what became of it ----------------------------------------------------------------------------------------------

def test_a_deleted_version(vault):
    secret = vault.secret()
    vault.tenant.api.write(f"{secret.mount}/delete/{secret.name}", versions=[1])
    vault.read(secret)
    outcome, text = vault.refused()
    assert outcome == "expired" and "version 1 was deleted at 20" in text


def test_a_destroyed_version(vault):
    secret = vault.secret()
    vault.tenant.put(secret, api_key=API_KEY)
    vault.tenant.api.write(f"{secret.mount}/destroy/{secret.name}", versions=[2])
    vault.read(secret)
    outcome, text = vault.refused()
    assert outcome == "expired" and "version 2 was destroyed" in text
    vault.read(secret, version=1)
    assert vault.json()["secret"] == API_KEY


def test_a_deletion_that_is_to_come_is_an_end(vault):
    secret = vault.secret()
    vault.tenant.api.write(f"{secret.mount}/metadata/{secret.name}", delete_version_after="1h")
    vault.tenant.put(secret, api_key=API_KEY)
    vault.read(secret)
    assert abs(seconds(vault.json()["expires_at"]) - time.time() - HOUR) < 120


def test_a_deletion_that_came(vault):
    secret = vault.secret()
    vault.tenant.api.write(f"{secret.mount}/metadata/{secret.name}", delete_version_after="1s")
    vault.tenant.put(secret, api_key=API_KEY)
    time.sleep(1.5)
    vault.read(secret)
    outcome, text = vault.refused()
    assert outcome == "expired" and "version 2 was deleted" in text


# --- fields ---------------------------------------------------------------------------------------------------------

@VERSIONS
def test_another_field(vault, version):
    vault.read(vault.secret(version, key=API_KEY, other=OTHER_FIELD), field="key")
    assert vault.json()["secret"] == API_KEY


@VERSIONS
def test_a_missing_field_names_those_that_are_there(vault, version):
    vault.read(vault.secret(version, apikey=API_KEY, workspace=OTHER_FIELD))
    outcome, text = vault.refused()
    assert outcome == "misconfigured"
    assert "api_key" in text and "apikey" in text and "workspace" in text


def test_a_secret_without_fields(vault):
    secret = vault.secret()
    vault.tenant.put(secret)
    vault.read(secret)
    outcome, text = vault.refused()
    assert outcome == "misconfigured" and "api_key" in text


@VERSIONS
@pytest.mark.parametrize("value", [12, True, None, [API_KEY], {"key": API_KEY}, ""],
                         ids=["number", "truth", "null", "list", "object", "empty"])
def test_a_field_that_is_no_text(vault, version, value):
    vault.read(vault.secret(version, api_key=value))
    outcome, text = vault.refused()
    assert outcome == "invalid"
    assert ("a field api_key that is empty" if value == "" else "a field api_key that is no string") in text


@pytest.mark.parametrize("ending, outcome", [("\n", "ok"), ("\r\n", "ok"), ("\n\n", "invalid"),
                                             ("\0", "invalid"), ("ü", "invalid")], ids=repr)
def test_what_ends_a_field(vault, ending, outcome):
    vault.read(vault.secret(api_key=API_KEY + ending))
    if outcome == "ok":
        assert vault.json()["secret"] == API_KEY
    else:
        assert vault.refused()[0] == outcome


# --- what goes with a credential ------------------------------------------------------------------------------------

def with_metadata(vault, secret, **metadata):
    vault.tenant.api.write(f"{secret.mount}/metadata/{secret.name}", custom_metadata=metadata)
    vault.tenant.put(secret, api_key=API_KEY)


def test_a_workspace_that_a_field_names(vault):
    vault.read(vault.secret(api_key=API_KEY, space="wrkspc_1"), workspace_field="space")
    assert vault.json()["attributes"]["workspace"] == "wrkspc_1"


def test_a_workspace_that_custom_metadata_names(vault):
    secret = vault.secret()
    with_metadata(vault, secret, space="wrkspc_2")
    vault.read(secret, workspace_field="metadata:space")
    assert vault.json()["attributes"]["workspace"] == "wrkspc_2"


def test_a_workspace_of_the_entry(vault):
    vault.read(vault.secret(), workspace="wrkspc_3")
    assert vault.json()["attributes"]["workspace"] == "wrkspc_3"


def test_custom_metadata_that_is_not_there(vault):
    secret = vault.secret()
    with_metadata(vault, secret, space="wrkspc_2")
    vault.read(secret, expires_field="metadata:until")
    outcome, text = vault.refused()
    assert outcome == "misconfigured" and "until" in text and "space" in text


@pytest.mark.parametrize("until", ["2100-01-02T03:04:05Z", "2100-01-02T05:34:05.678+02:30",
                                   "2100-01-01T22:04:05-05:00", "4102542245", 4102542245],
                         ids=["utc", "east", "west", "seconds", "number"])
def test_an_end_that_a_field_names(vault, until):
    vault.read(vault.secret(api_key=API_KEY, until=until), expires_field="until")
    assert vault.json()["expires_at"] == "2100-01-02T03:04:05Z"


@pytest.mark.parametrize("until", ["tomorrow", "2100-01-02", "2100-01-02T03:04:05", "2100-01-02T03:04:05Zulu", "",
                                   "-1", 0, 1.5, True, None], ids=repr)
def test_an_end_that_is_no_time(vault, until):
    vault.read(vault.secret(api_key=API_KEY, until=until), expires_field="until")
    outcome, text = vault.refused()
    assert outcome == "invalid" and "a field until that is no time" in text


def test_an_end_that_custom_metadata_names(vault):
    secret = vault.secret()
    with_metadata(vault, secret, until="2100-01-02T03:04:05Z")
    vault.read(secret, expires_field="metadata:until")
    assert vault.json()["expires_at"] == "2100-01-02T03:04:05Z"


@pytest.mark.parametrize("until", ["2020-01-02T03:04:05Z", 1577934245], ids=["text", "number"])
def test_an_end_that_has_come(vault, until):
    secret = vault.secret(api_key=API_KEY, until=until)
    vault.read(secret, expires_field="until")
    outcome, text = vault.refused()
    assert outcome == "expired" and url(vault, secret) in text


def test_the_earlier_of_two_ends(vault):
    secret = vault.secret()
    vault.tenant.api.write(f"{secret.mount}/metadata/{secret.name}", delete_version_after="2h")
    vault.tenant.put(secret, api_key=API_KEY, until=rfc3339(time.time() + HOUR))
    vault.read(secret, expires_field="until")
    assert abs(seconds(vault.json()["expires_at"]) - time.time() - HOUR) < 120


# --- kinds ----------------------------------------------------------------------------------------------------------

def test_a_gateway_token_with_the_url_it_is_for(vault):
    vault.read(vault.secret(token=GATEWAY_TOKEN, url=GATEWAY), kind="gateway-token", field="token",
               base_url_field="url")
    found = vault.json()
    assert (found["kind"], found["secret"], found["base_url"]) == ("gateway-token", GATEWAY_TOKEN, GATEWAY)
    assert found["payer"] == "gateway"


def test_a_gateway_token_with_a_url_of_the_entry(vault):
    vault.read(vault.secret(token=GATEWAY_TOKEN), kind="gateway-token", field="token", base_url=GATEWAY)
    assert vault.json()["base_url"] == GATEWAY


@pytest.mark.parametrize("url", ["http://gateway.example", "https://user:CANARY@gateway.example", "gateway.example",
                                 7])
def test_a_url_that_a_credential_may_not_be_sent_to(vault, url):
    vault.read(vault.secret(token=GATEWAY_TOKEN, url=url), kind="gateway-token", field="token", base_url_field="url")
    outcome, text = vault.refused()
    assert outcome == "invalid" and "url" in text


def test_a_key_that_is_bound(vault):
    vault.read(vault.secret(api_key=GATEWAY_TOKEN, url=GATEWAY), base_url_field="url")
    found = vault.json()
    assert (found["kind"], found["base_url"], found["payer"]) == ("api-key", GATEWAY, "gateway")


def test_a_setup_token_where_it_is_written(vault):
    vault.read(vault.secret(token=SETUP_TOKEN), transport="cli", kind="setup-token", field="token")
    found = vault.json("-t", "cli")
    assert (found["kind"], found["secret"], found["transports"]) == ("setup-token", SETUP_TOKEN, ["cli"])
    assert vault.get("-t", "api").status != 0


def test_a_subscription_token_is_no_key(vault):
    vault.read(vault.secret(api_key=SETUP_TOKEN))
    outcome, text = vault.refused()
    assert outcome == "invalid" and "is an OAuth access token" in text


@pytest.mark.parametrize("value", ["sk-ant-ort01-CANARY", "sk-ant-admin01-CANARY", "sk-ant-new01-CANARY",
                                   "plain-CANARY"])
def test_what_is_no_key(vault, value):
    vault.read(vault.secret(api_key=value.ljust(108, "x")))
    assert vault.refused()[0] == "invalid"


def test_explain_tells_the_source_and_no_query(vault):
    secret = vault.secret()
    vault.read(secret, version=1)
    status, found = vault.explain()
    assert status == 0
    winner = found["winner"]
    assert winner["source"] == url(vault, secret)
    assert winner["fingerprint"] == fingerprint(API_KEY)
