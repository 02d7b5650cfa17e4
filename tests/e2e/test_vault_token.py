# SPDX-License-Identifier: MIT
"""vault.so with a token that is already there: where it comes from, what it may, and namespaces. (design, section 7)
"""

import os
import time

import pytest
from stage import API_KEY, OTHER_KEY, STRANGER, debug
from vault_stage import HOMES

pytestmark = pytest.mark.both_homes

WRONG = "s.CANARY-wrong-token"
# Vault has namespaces in its Enterprise edition alone.
OPENBAO = pytest.mark.openbao


@pytest.fixture
def secret(vault):
    return vault.secret()


@pytest.fixture
def token(vault, secret):
    return vault.tenant.reader(secret)


def denied(vault, **options):
    """What is said where the server refuses what it was sent."""
    outcome, text = vault.refused(**options)
    assert outcome == "denied" and "403" in text
    return text


# --- where it comes from --------------------------------------------------------------------------------------------

@pytest.mark.ordinary_user
@pytest.mark.parametrize("ending", ["", "\n", "\r\n", " \n\n"], ids=repr)
def test_a_file_of_the_entry(vault, secret, token, ending):
    vault.login_by(secret, token_file=vault.file("a token", token + ending))
    assert vault.json()["secret"] == API_KEY


@pytest.mark.parametrize("name", ["VAULT_TOKEN", "BAO_TOKEN"])
def test_a_variable(vault, secret, token, name):
    vault.login_by(secret)
    assert vault.json(env={name: token})["secret"] == API_KEY


def test_the_variable_of_bao_hides_that_of_vault(vault, secret, token):
    vault.login_by(secret)
    assert vault.json(env={"BAO_TOKEN": token, "VAULT_TOKEN": WRONG})["secret"] == API_KEY
    denied(vault, env={"BAO_TOKEN": WRONG, "VAULT_TOKEN": token})


def test_an_empty_variable_of_bao_hides_that_of_vault(vault, secret, token):
    vault.login_by(secret)
    outcome, text = vault.refused(env={"BAO_TOKEN": "", "VAULT_TOKEN": token})
    assert outcome == "unavailable" and "token" in text


def test_the_file_of_the_entry_goes_before_a_variable(vault, secret, token):
    vault.login_by(secret, token_file=vault.token_file(token))
    assert vault.json(env={"BAO_TOKEN": WRONG, "VAULT_TOKEN": WRONG})["secret"] == API_KEY


def test_the_file_of_the_clients(vault, secret, token):
    vault.file(".vault-token", token)
    vault.login_by(secret)
    assert vault.json()["secret"] == API_KEY


def test_a_variable_goes_before_the_file_of_the_clients(vault, secret, token):
    vault.file(".vault-token", token)
    vault.login_by(secret)
    denied(vault, env={"VAULT_TOKEN": WRONG})


def test_no_token_anywhere(vault, secret):
    vault.login_by(secret)
    outcome, text = vault.refused()
    assert outcome == "unavailable" and ".vault-token" in text


def test_a_file_of_the_entry_that_is_not_there(vault, secret):
    vault.login_by(secret, token_file=vault.home / "nothing")
    outcome, text = vault.refused()
    assert outcome == "unavailable" and str(vault.home / "nothing") in text and "agent" in text


def test_an_empty_file(vault, secret):
    vault.login_by(secret, token_file=vault.file("empty", "\n"))
    assert vault.refused()[0] == "unavailable"


@pytest.mark.parametrize("byte", ["\x01", "\t", "\n", " ", "\x7f", "é"], ids=repr)
def test_a_byte_that_no_token_has_is_told_by_its_place(vault, secret, token, byte):
    vault.login_by(secret, token_file=vault.token_file(f"{token[:5]}{byte}{token[5:]}"))
    outcome, text = vault.refused()
    assert outcome == "misconfigured" and "at place 6" in text
    assert token[:5] not in text and token[5:9] not in text


@pytest.mark.ordinary_user
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read(vault, secret, token, mode):
    vault.login_by(secret, token_file=vault.token_file(token, mode))
    outcome, text = vault.refused()
    assert outcome == "misconfigured" and "token" in text
    assert "chmod" in text or "trust=" in text


@pytest.mark.parametrize("mode", [0o644])
def test_the_file_of_the_clients_that_others_may_read(vault, secret, token, mode):
    vault.file(".vault-token", token, mode)
    vault.login_by(secret)
    assert vault.refused()[0] == "misconfigured"


@pytest.mark.needs_root
def test_a_file_of_somebody_else(vault, secret, token):
    path = vault.token_file(token)
    os.chown(path, STRANGER, STRANGER)
    vault.login_by(secret, token_file=path)
    assert vault.refused()[0] == "misconfigured"


def test_a_file_behind_a_link(vault, secret, token):
    link = vault.home / "link"
    link.symlink_to(vault.token_file(token))
    vault.login_by(secret, token_file=link)
    outcome, text = vault.refused()
    assert outcome == "misconfigured" and "link" in text


@pytest.mark.parametrize("name, variable", [(".vault", "VAULT_CONFIG_PATH"), (".bao", "BAO_CONFIG_PATH")])
@pytest.mark.parametrize("by_variable", [False, True], ids=["at-home", "by-variable"])
def test_a_token_helper_is_told_and_not_run(vault, secret, token, name, variable, by_variable):
    helper = vault.program("helper", f': >"{vault.work}/it-ran"', f"echo {token}")
    config = vault.file("config" if by_variable else name, f'token_helper = "{helper}"\n', 0o644)
    vault.login_by(secret)
    outcome, text = vault.refused(env={variable: str(config)} if by_variable else {})
    assert outcome in ("misconfigured", "unavailable") and str(config) in text and "token-file=" in text
    assert list(vault.work.iterdir()) == []


def test_a_token_helper_matters_to_none_who_has_a_token(vault, secret, token):
    vault.file(".vault", f'token_helper = "{vault.program("helper", "exit 1")}"\n', 0o644)
    vault.login_by(secret, token_file=vault.token_file(token))
    assert vault.json()["secret"] == API_KEY


# --- what it may ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("version", [1, 2])
def test_a_policy_that_does_not_let_it_read_names_the_path(vault, version):
    secret = vault.secret(version)
    other = vault.tenant.policy(f"{secret.mount}/data/other" if version == 2 else f"{secret.mount}/other")
    vault.login_by(secret, token_file=vault.token_file(vault.tenant.token(other)))
    assert f'path "{secret.api_path}" {{ capabilities = ["read"] }}' in denied(vault)


def test_a_token_without_any_policy_on_the_mount(vault, secret):
    vault.login_by(secret, token_file=vault.token_file(vault.tenant.token()))
    text = denied(vault)
    assert secret.mount in text and "capabilities" in text


def test_a_token_that_was_revoked(vault, secret, token):
    vault.login_by(secret, token_file=vault.token_file(token))
    assert vault.json()["secret"] == API_KEY
    vault.tenant.api.write("auth/token/revoke", token=token)
    denied(vault)


def test_a_token_that_came_to_its_end(vault, secret):
    vault.login_by(secret, token_file=vault.token_file(vault.tenant.reader(secret, ttl="1s")))
    time.sleep(1.5)
    denied(vault)


def test_a_batch_token(vault, secret):
    vault.login_by(secret, token_file=vault.token_file(vault.tenant.reader(secret, type="batch")))
    assert vault.json()["secret"] == API_KEY


@pytest.mark.both_homes(False)
@HOMES
def test_a_token_of_limited_use_reads_as_often(vault, secret, home):
    """Where the server is not asked which version the mount has, a read spends one use, and nothing else does."""
    token = vault.tenant.reader(secret, num_uses=2)
    vault.login_by(secret, token_file=vault.token_file(token), kv_version=2, at_isolate=home)
    assert [vault.get().status for _ in range(3)] == [0, 0, 77]


def test_a_refused_token_is_no_reason_to_ask_another(vault, secret):
    vault.login_by(secret, debug(secret=OTHER_KEY), control="binding", token_file=vault.token_file(WRONG))
    assert vault.explain()[0] == 77


# --- namespaces -----------------------------------------------------------------------------------------------------

@OPENBAO
@pytest.mark.parametrize("version", [1, 2])
def test_a_namespace_of_the_entry(vault, version):
    secret = vault.secret(version, namespace=vault.tenant.namespace())
    vault.read(secret, namespace=secret.namespace)
    assert vault.json()["secret"] == API_KEY


@OPENBAO
@pytest.mark.parametrize("name", ["VAULT_NAMESPACE", "BAO_NAMESPACE"])
def test_a_namespace_of_the_environment(vault, name):
    secret = vault.secret(namespace=vault.tenant.namespace())
    vault.read(secret)
    assert vault.json(env={name: secret.namespace})["secret"] == API_KEY


@OPENBAO
def test_the_namespace_of_the_entry_goes_before_the_environment(vault):
    secret = vault.secret(namespace=vault.tenant.namespace())
    vault.read(secret, namespace=secret.namespace)
    assert vault.json(env={"VAULT_NAMESPACE": "elsewhere", "BAO_NAMESPACE": "elsewhere"})["secret"] == API_KEY


@OPENBAO
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("said", ["auto", "own"])
def test_a_namespace_in_the_path(vault, version, said):
    secret = vault.secret(version, namespace=vault.tenant.namespace())
    token = vault.tenant.reader(secret)
    more = {"kv_version": version, "mount": f"{secret.namespace}/{secret.mount}"} if said == "own" else {}
    vault.login_by(f"{secret.namespace}/{secret.path}", token_file=vault.token_file(token), **more)
    assert vault.json()["secret"] == API_KEY


@OPENBAO
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("may", ["data", "all"])
def test_a_look_at_the_mount_that_is_denied_keeps_nobody_from_reading(vault, version, may):
    """The server does not look in an inner namespace for what a token may see; it does for what it may read."""
    secret, path, options = nested(vault, version, may)
    token = options["token_file"].read_text("utf-8").strip()
    look = vault.tenant.api.ask("GET", f"sys/internal/ui/mounts/{path}", namespace=options["namespace"], token=token)
    assert look.status == 403
    vault.login_by(path, mount=path.removesuffix(f"/{secret.name}"), **options)
    assert vault.json()["secret"] == API_KEY


@OPENBAO
def test_where_a_look_is_denied_the_mount_has_to_be_said(vault):
    _, path, options = nested(vault, 2)
    vault.login_by(path, **options)
    assert "mount=" in denied(vault)


def nested(vault, version, may="data"):
    """A secret in a namespace within another, its path from the outer one, and what leads there: a token that may
    read nothing else, or all of the mount."""
    outer = vault.tenant.namespace()
    inner = vault.tenant.namespace(outer)
    secret = vault.secret(version, namespace=f"{outer}/{inner}")
    path = secret.api_path if may == "data" else f"{secret.mount}/*"
    policy = vault.tenant.policy(path, namespace=secret.namespace)
    token = vault.tenant.token(policy, namespace=secret.namespace)
    return secret, f"{inner}/{secret.path}", {"namespace": outer, "token_file": vault.token_file(token)}


@OPENBAO
def test_a_namespace_that_is_not_there(vault, secret, token):
    vault.login_by(secret, namespace="nowhere", token_file=vault.token_file(token))
    outcome, text = vault.refused()
    assert outcome in ("denied", "misconfigured") and "namespace" in text


@OPENBAO
def test_a_token_of_another_namespace(vault, secret):
    namespace = vault.tenant.namespace()
    token = vault.tenant.token(namespace=namespace)
    vault.login_by(secret, token_file=vault.token_file(token))
    denied(vault)
