# SPDX-License-Identifier: MIT
"""Every way to log in that a real server has without a cloud. (design, section 7)"""

import dataclasses

import pytest
import vault_stand_ins
from audit import WARNING, lines, listening
from stage import API_KEY, EXIT, debug
from vault_logins import (AUDIENCE, PASSWORD, USER, WAYS, AppRole, Signer, approle, jwt_file, jwt_mount, kubernetes,
                          pod_token, userpass)
from vault_stage import HOMES

pytestmark = pytest.mark.both_homes

# What a server that is not ours may not be able to do.
OWN = {"cert", "kubernetes"}
EVERY_WAY = pytest.mark.parametrize("way", [
    pytest.param(way, id=name, marks=[pytest.mark.own_vault] if name in OWN else []) for name, way in WAYS.items()])
# Where a method is unless somebody says otherwise: in a server that is not ours, that may be taken.
AT_HOME = pytest.mark.own_vault


@pytest.fixture
def secret(vault):
    return vault.secret()


def login_refused(vault, **options):
    """What is said of a login that the server refuses."""
    outcome, text = vault.refused(**options)
    assert outcome == "denied"
    return text


# --- all of them ----------------------------------------------------------------------------------------------------

@EVERY_WAY
def test_whoever_logs_in_reads(vault, secret, way):
    vault.login_by(secret, **way(vault, secret).options)
    found = vault.json()
    assert (found["secret"], found["source"]) == (API_KEY, f"{vault.server.address}/v1/{secret.api_path}")


@AT_HOME
@pytest.mark.parametrize("name", WAYS)
def test_a_method_is_mounted_under_its_name(vault, secret, name):
    vault.login_by(secret, **{**WAYS[name](vault, secret, mount=name).options, "auth_mount": None})
    assert vault.json()["secret"] == API_KEY


@EVERY_WAY
def test_a_mount_with_slashes(vault, secret, way):
    vault.login_by(secret, **way(vault, secret, mount=f"{vault.tenant.name()}/of/two").options)
    assert vault.json()["secret"] == API_KEY


@EVERY_WAY
def test_who_is_wrong_is_denied(vault, secret, way):
    good = way(vault, secret)
    vault.login_by(secret, **good.options)
    assert vault.json()["secret"] == API_KEY
    good.spoil()
    text = login_refused(vault)
    assert f"auth/{good.mount}/login" in text


@EVERY_WAY
def test_a_method_that_is_mounted_elsewhere(vault, secret, way):
    vault.login_by(secret, **{**way(vault, secret).options, "auth_mount": "nowhere"})
    outcome, text = vault.refused()
    assert outcome in ("denied", "misconfigured") and "auth/nowhere/login" in text


@pytest.mark.openbao
@EVERY_WAY
def test_a_login_in_a_namespace_and_a_secret_in_it(vault, way):
    namespace = vault.tenant.namespace()
    secret = vault.secret(namespace=namespace)
    vault.login_by(secret, namespace=namespace, **way(vault, secret, namespace=namespace).options)
    assert vault.json()["secret"] == API_KEY


@pytest.mark.openbao
@pytest.mark.parametrize("inline", ["no", "yes"])
@EVERY_WAY
def test_a_login_around_the_namespace_of_the_secret(vault, way, inline):
    outer = vault.tenant.namespace()
    inner = vault.tenant.namespace(outer)
    secret = vault.secret(namespace=f"{outer}/{inner}")
    seen_from_outer = dataclasses.replace(secret, mount=f"{inner}/{secret.mount}")
    options = way(vault, seen_from_outer, namespace=outer).options
    vault.login_by(secret, namespace=secret.namespace, auth_namespace=outer, inline=inline, **options)
    assert vault.json()["secret"] == API_KEY


@EVERY_WAY
def test_a_login_behind_its_policy(vault, secret, way):
    """Whoever logs in, and may not read."""
    other = vault.secret()
    vault.login_by(secret, **way(vault, other).options)
    text = login_refused(vault)
    assert f'path "{secret.api_path}" {{ capabilities = ["read"] }}' in text


@EVERY_WAY
def test_a_token_of_the_environment_is_not_looked_at(vault, secret, way):
    vault.login_by(secret, **way(vault, secret).options)
    assert vault.json(env={"VAULT_TOKEN": "CANARY-wrong", "BAO_TOKEN": "CANARY-wrong"})["secret"] == API_KEY


@EVERY_WAY
def test_what_it_logged_in_with_is_revoked_where_that_is_wanted(vault, secret, way):
    vault.login_by(secret, revoke="yes", **way(vault, secret).options)
    assert vault.json()["secret"] == API_KEY


def files_with_secrets(name):
    """The options that name them."""
    return {"approle": "secret_id_file", "userpass": "password_file", "jwt": "jwt_file", "cert": "client_key"}[name]


@pytest.mark.ordinary_user
@pytest.mark.parametrize("name", ["approle", "userpass", "jwt", pytest.param("cert", marks=pytest.mark.own_vault)])
def test_a_file_that_others_may_read(vault, secret, name):
    good = WAYS[name](vault, secret)
    path = good.options[files_with_secrets(name)]
    path.chmod(0o644)
    vault.login_by(secret, **good.options)
    outcome, text = vault.refused()
    assert outcome == "misconfigured" and str(path) in text


@pytest.mark.parametrize("name", ["approle", "userpass", "jwt", pytest.param("cert", marks=pytest.mark.own_vault)])
def test_a_file_that_is_not_there(vault, secret, name):
    good = WAYS[name](vault, secret)
    path = good.options[files_with_secrets(name)]
    path.unlink()
    vault.login_by(secret, **good.options)
    outcome, text = vault.refused()
    assert outcome == "misconfigured" and str(path) in text


# --- AppRole --------------------------------------------------------------------------------------------------------

def test_a_role_id_in_a_file(vault, secret):
    role = AppRole(vault, secret)
    file = vault.file("role", role.role_id)
    vault.login_by(secret, **role.options(role.secret_id(), role_id=None, role_id_file=file))
    assert vault.json()["secret"] == API_KEY


def test_a_secret_id_in_a_variable(vault, secret):
    role = AppRole(vault, secret)
    vault.login_by(secret, **role.options(secret_id_var="OUR_SECRET_ID"))
    assert vault.json(env={"OUR_SECRET_ID": role.secret_id()})["secret"] == API_KEY
    login_refused(vault, env={"OUR_SECRET_ID": "CANARY-wrong"})


def test_a_role_that_asks_for_no_secret_id(vault, secret):
    role = AppRole(vault, secret, bind_secret_id=False, token_bound_cidrs=["127.0.0.0/8", "0.0.0.0/0"])
    vault.login_by(secret, **role.options())
    assert vault.json()["secret"] == API_KEY


def test_a_role_that_asks_for_a_secret_id(vault, secret):
    vault.login_by(secret, **AppRole(vault, secret).options())
    login_refused(vault)


def test_a_wrong_role(vault, secret):
    role = AppRole(vault, secret)
    vault.login_by(secret, **role.options(role.secret_id(), role_id="nobody"))
    login_refused(vault)


@pytest.mark.both_homes(False)
@HOMES
def test_a_secret_id_that_is_used_up(vault, secret, home):
    role = AppRole(vault, secret, secret_id_num_uses=1)
    vault.login_by(secret, at_isolate=home, **role.options(role.secret_id()))
    assert [vault.get().status for _ in range(2)] == [0, 77]


def test_a_secret_id_that_is_replaced(vault, secret):
    role = AppRole(vault, secret)
    vault.login_by(secret, **role.options("CANARY-wrong"))
    login_refused(vault)
    role.options(role.secret_id())
    assert vault.json()["secret"] == API_KEY


# --- AppRole, with a secret id that is wrapped ----------------------------------------------------------------------

WRAPPED = pytest.mark.both_homes(False)


def alarm(vault, **options):
    """What is said of a wrapping token that somebody else may have had: in a warning, and then as the reason."""
    result = vault.get(**options)
    warning, told, _ = result.messages
    assert result.status == EXIT["denied"]
    assert "raises a security alert" in warning and warning.partition(": ")[2] in told
    return told


@WRAPPED
@HOMES
@pytest.mark.parametrize("where", ["file", "variable"])
def test_a_wrapped_secret_id_is_good_once(vault, secret, home, where):
    role = AppRole(vault, secret, token_ttl="60s")
    token = role.wrapping_token()
    place = {"secret_id_file": vault.file("wrapped", token)} if where == "file" else {"secret_id_var": "WRAPPED"}
    vault.login_by(secret, at_isolate=home, **role.options(wrapped="yes", role=role_name(role), **place))
    variables = {"WRAPPED": token} if where == "variable" else {}
    assert vault.json(env=variables)["secret"] == API_KEY
    assert "its wrapping token was used before" in alarm(vault, env=variables)


@pytest.mark.openbao
@WRAPPED
@HOMES
@pytest.mark.parametrize("said", [True, False], ids=["role-said", "role-not-said"])
def test_a_wrapped_secret_id_of_a_namespace(vault, home, said):
    namespace = vault.tenant.namespace()
    secret = vault.secret(namespace=namespace)
    role = AppRole(vault, secret, namespace=namespace)
    file = vault.file("wrapped", role.wrapping_token())
    vault.login_by(secret, at_isolate=home, namespace=namespace, **role.options(
        wrapped="yes", role=role_name(role) if said else None, secret_id_file=file))
    assert vault.json()["secret"] == API_KEY


@WRAPPED
@HOMES
def test_a_wrapping_token_that_somebody_else_used(vault, secret, home):
    role = AppRole(vault, secret)
    token = role.wrapping_token()
    assert vault.tenant.api.ask("POST", "sys/wrapping/unwrap", token=token).status == 200
    vault.login_by(secret, at_isolate=home, **role.options(wrapped="yes", role=role_name(role),
                                                           secret_id_file=vault.file("wrapped", token)))
    assert "its wrapping token was used before" in alarm(vault)


@WRAPPED
@HOMES
@pytest.mark.parametrize("words", [("exec", "-q", "true"), ("get", "-f", "helper")], ids=["exec", "helper"])
def test_an_alert_is_in_the_audit_where_nobody_sees_the_warning(vault, secret, home, words):
    role = AppRole(vault, secret)
    token = role.wrapping_token()
    assert vault.tenant.api.ask("POST", "sys/wrapping/unwrap", token=token).status == 200
    file = vault.file("wrapped", token)
    vault.login_by(secret, debug(), at_isolate=home, **role.options(wrapped="yes", role=role_name(role),
                                                                    secret_id_file=file))
    with listening(vault) as log:
        result = vault.run(*words, reveals=True)
        alert, answer = lines(log)
    assert (result.status, result.err) == (0, "")
    assert alert.severity == WARNING and token not in alert.text
    assert alert.fields["reason"].startswith(f"{file} raises a security alert: its wrapping token was used before")
    assert {key: alert.fields[key] for key in ("service", "outcome", "module", "entry")} == {
        "service": "default", "outcome": "alert", "module": "vault.so", "entry": "1"}
    assert (answer.fields["outcome"], answer.entries) == ("ok", ["denied", "ok"])


@WRAPPED
@HOMES
@pytest.mark.parametrize("path", ["sys/wrapping/wrap", "another-role", "another-mount"])
def test_a_wrapping_token_that_was_not_made_for_this(vault, secret, home, path):
    role = AppRole(vault, secret)
    if path == "another-role":
        path = f"auth/{role.mount}/role/other/secret-id"
        vault.tenant.api.write(f"auth/{role.mount}/role/other", token_policies=["default"])
    elif path == "another-mount":
        path = f"{AppRole(vault, secret).role}/secret-id"
    token = role.wrapping_token(path)
    vault.login_by(secret, at_isolate=home, **role.options(wrapped="yes", role=role_name(role),
                                                           secret_id_file=vault.file("wrapped", token)))
    assert f"its wrapping token was made by {path}" in alarm(vault)
    # it was looked at, and not used
    assert vault.tenant.api.ask("POST", "sys/wrapping/unwrap", token=token).status == 200


@WRAPPED
@HOMES
def test_a_new_wrapping_token_after_the_one_that_was_used(vault, secret, home):
    role = AppRole(vault, secret)
    vault.login_by(secret, at_isolate=home, **role.options(
        wrapped="yes", role=role_name(role), secret_id_file=vault.file("wrapped", role.wrapping_token())))
    assert [vault.get().status for _ in range(2)] == [0, 77]
    vault.file("wrapped", role.wrapping_token())
    assert vault.json()["secret"] == API_KEY


def role_name(role):
    return role.role.rpartition("/")[2]


# --- userpass -------------------------------------------------------------------------------------------------------

def test_a_password_in_a_variable(vault, secret):
    good = userpass(vault, secret)
    vault.login_by(secret, **{**good.options, "password_file": None, "password_var": "OUR_PASSWORD"})
    assert vault.json(env={"OUR_PASSWORD": PASSWORD})["secret"] == API_KEY


def test_a_wrong_user(vault, secret):
    vault.login_by(secret, **{**userpass(vault, secret).options, "user": "nobody"})
    login_refused(vault)


@pytest.mark.parametrize("user, told", [("../userpass/login/joe", "option user"), ("joe/../joe", "option user"),
                                        ("a b?", "/login/a%20b%3F")])
def test_a_user_that_no_server_knows(vault, secret, user, told):
    vault.login_by(secret, **{**userpass(vault, secret).options, "user": user})
    outcome, text = vault.refused()
    assert outcome == "misconfigured" and told in text


# --- JWT ------------------------------------------------------------------------------------------------------------

def test_a_token_that_came_to_its_end(vault, secret):
    signer = Signer()
    mount = jwt_mount(vault, secret, signer)
    vault.login_by(secret, auth="jwt", auth_mount=mount, role="job", jwt_file=vault.file("jwt", signer.sign(-600)))
    assert "expired" in login_refused(vault)


@pytest.mark.both_homes(False)
@HOMES
def test_a_token_that_is_replaced_between_two_logins(vault, secret, home):
    signer = Signer()
    mount = jwt_mount(vault, secret, signer)
    vault.login_by(secret, at_isolate=home, auth="jwt", auth_mount=mount, role="job",
                   jwt_file=vault.file("jwt", Signer().sign()))
    login_refused(vault)
    vault.file("jwt", signer.sign())
    assert vault.json()["secret"] == API_KEY


def test_a_token_in_a_variable(vault, secret):
    signer = Signer()
    vault.login_by(secret, auth="jwt", auth_mount=jwt_mount(vault, secret, signer), role="job", jwt_var="OUR_JWT")
    assert vault.json(env={"OUR_JWT": signer.sign()})["secret"] == API_KEY


def test_a_mount_with_a_role_of_its_own(vault, secret):
    signer = Signer()
    mount = jwt_mount(vault, secret, signer, default_role="job")
    vault.login_by(secret, auth="jwt", auth_mount=mount, jwt_file=vault.file("jwt", signer.sign()))
    assert vault.json()["secret"] == API_KEY


@pytest.mark.parametrize("role", [None, "nobody"])
def test_a_role_that_is_missing(vault, secret, role):
    vault.login_by(secret, **{**jwt_file(vault, secret).options, "role": role})
    text = login_refused(vault)
    assert "role" in text


# --- GitHub Actions -------------------------------------------------------------------------------------------------

REQUEST_TOKEN = "CANARY-request-token"


def in_a_job(vault, secret, request_token=REQUEST_TOKEN, audience=AUDIENCE):
    """The stand-in of what mints the job's tokens."""
    signer = Signer()
    mount = jwt_mount(vault, secret, signer)
    vault.login_by(secret, auth="jwt", auth_mount=mount, role="job", jwt_source="github-actions", audience=audience)
    return vault.meanwhile(vault_stand_ins.JobTokens(request_token, lambda audience: signer.sign(aud=audience)))


def test_a_token_of_a_job_that_a_stand_in_mints(vault, secret):
    job = in_a_job(vault, secret)
    assert vault.json(env=job.variables)["secret"] == API_KEY
    for method, path, headers, body in job.requests:
        assert (method, path, body) == ("GET", f"/token?api-version=2.0&audience={AUDIENCE}", "")
        assert not [name for name in headers if name.lower().startswith("x-vault")]


def test_an_audience_that_the_role_does_not_know(vault, secret):
    job = in_a_job(vault, secret, audience="somebody else & co")
    assert "aud" in login_refused(vault, env=job.variables)
    assert job.requests[0][1].endswith("&audience=somebody%20else%20%26%20co")


def test_outside_of_a_job(vault, secret):
    in_a_job(vault, secret)
    outcome, text = vault.refused()
    assert outcome in ("unavailable", "misconfigured") and "ACTIONS_ID_TOKEN_REQUEST_URL" in text


def test_a_job_whose_token_request_is_refused(vault, secret):
    job = in_a_job(vault, secret)
    job.request_token = "another"
    outcome, text = vault.refused(env={**job.variables, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN})
    assert outcome in ("denied", "unavailable") and "401" in text


# --- Kubernetes -----------------------------------------------------------------------------------------------------

@pytest.mark.own_vault
@pytest.mark.no_memcheck  # valgrind has no openat2(2)
@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_a_pods_token_may_be_a_link_that_all_may_read(vault, secret, mode):
    good = kubernetes(vault, secret)
    path = good.options["jwt_file"]
    path.chmod(mode)
    folder = vault.home / "..data"
    folder.mkdir()
    path.rename(folder / "token")
    path.symlink_to("..data/token")
    vault.login_by(secret, trust="mounted", **good.options)
    assert vault.json()["secret"] == API_KEY


@pytest.mark.own_vault
def test_a_role_of_another_account(vault, secret):
    good = kubernetes(vault, secret)
    vault.tenant.api.write(f"auth/{good.mount}/role/pod", bound_service_account_names=["other"])
    vault.login_by(secret, **good.options)
    assert "not authorized" in login_refused(vault)


# --- inline ---------------------------------------------------------------------------------------------------------

@pytest.mark.openbao
@EVERY_WAY
def test_a_login_that_goes_with_the_read(vault, secret, way):
    vault.login_by(secret, inline="yes", **way(vault, secret).options)
    assert vault.json()["secret"] == API_KEY


@pytest.mark.openbao
@EVERY_WAY
def test_a_wrong_login_that_goes_with_the_read(vault, secret, way):
    good = way(vault, secret)
    good.spoil()
    vault.login_by(secret, inline="yes", **good.options)
    told = login_refused(vault)
    assert f"refused the login that came with the request, at auth/{good.mount}/login" in told


@pytest.mark.openbao
def test_a_login_that_goes_with_a_read_that_it_may_not(vault, secret):
    vault.login_by(secret, inline="yes", **approle(vault, vault.secret()).options)
    assert f'path "{secret.api_path}"' in login_refused(vault)
