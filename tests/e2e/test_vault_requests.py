# SPDX-License-Identifier: MIT
"""What vault.so asks a real server, counted there. (design, section 7)"""

import pytest
from stage import API_KEY, SCRIPT, fingerprint
from vault_logins import AppRole, approle
from vault_stage import HOMES

pytestmark = pytest.mark.own_vault

FINGERPRINT = fingerprint(API_KEY)
MANY = 1000
# A thousand requests with TLS, on a machine that has others to serve.
TIMEOUT = 120


@pytest.fixture
def secret(vault):
    return vault.secret()


def login(mount):
    return ("update", f"auth/{mount}/login")


def look(secret):
    """Asks which version the mount has."""
    return ("read", f"sys/internal/ui/mounts/{secret.path}")


def read(secret):
    return ("read", secret.api_path)


REVOKE = ("update", "auth/token/revoke-self")


def counted(vault, *args, **options):
    """What one `get` asked, which must succeed."""
    with vault.server.requests() as seen:
        assert vault.get(*args, **options).status == 0
    return seen


def scripted(vault, *actions):
    """What a process asked that does all of these with the library; and what it said."""
    with vault.server.requests() as seen:
        result = vault.run("open", *actions, "close", command=SCRIPT, timeout=TIMEOUT)
    assert (result.status, result.err) == (0, "")
    return seen, result.out.splitlines()[1:]


# --- one request, from nothing --------------------------------------------------------------------------------------

@HOMES
@pytest.mark.parametrize("version", [1, 2])
def test_a_login_and_a_read(vault, home, version):
    secret = vault.secret(version)
    good = approle(vault, secret)
    vault.login_by(secret, at_isolate=home, **good.options)
    assert counted(vault) == [login(good.mount), look(secret), read(secret)]


@HOMES
@pytest.mark.parametrize("version", [1, 2])
def test_no_look_where_the_entry_says_the_version(vault, home, version):
    secret = vault.secret(version)
    good = approle(vault, secret)
    vault.login_by(secret, at_isolate=home, kv_version=version, **good.options)
    assert counted(vault) == [login(good.mount), read(secret)]


@HOMES
def test_a_login_that_is_taken_back(vault, secret, home):
    good = approle(vault, secret)
    vault.login_by(secret, at_isolate=home, revoke="yes", **good.options)
    assert counted(vault) == [login(good.mount), look(secret), read(secret), REVOKE]


@HOMES
def test_a_login_that_is_taken_back_leaves_no_token(vault, secret, home):
    role = AppRole(vault, secret)
    vault.login_by(secret, at_isolate=home, revoke="yes", **role.options(role.secret_id()))
    before = tokens(vault)
    assert vault.get().status == 0
    assert tokens(vault) == before


def tokens(vault):
    return sorted(vault.tenant.api.ask("LIST", "auth/token/accessors").body["data"]["keys"])


@HOMES
def test_a_token_that_is_there_is_neither_looked_at_nor_revoked(vault, secret, home):
    vault.read(secret, at_isolate=home)
    assert counted(vault) == [look(secret), read(secret)]


@pytest.mark.openbao
@HOMES
def test_a_login_that_goes_with_each_request(vault, secret, home):
    """The server writes it down as one of its own, and keeps no token of it. It would not let it look,
    and the secret id may be good for one request."""
    good = approle(vault, secret)
    before = tokens(vault)
    vault.login_by(secret, at_isolate=home, inline="yes", **good.options)
    assert counted(vault) == [login(good.mount), read(secret)]
    vault.login_by(secret, at_isolate=home, inline="yes", kv_version=2, **good.options)
    assert counted(vault) == [login(good.mount), read(secret)]
    assert tokens(vault) == before


@HOMES
def test_a_wrapped_secret_id(vault, secret, home):
    role = AppRole(vault, secret)
    vault.login_by(secret, at_isolate=home, kv_version=2, **role.options(
        wrapped="yes", role="reader", secret_id_file=vault.file("wrapped", role.wrapping_token())))
    assert counted(vault) == [("update", "sys/wrapping/lookup"), ("update", "sys/wrapping/unwrap"), login(role.mount),
                              read(secret)]


@HOMES
def test_a_login_that_is_taken_back_though_it_may_not_read(vault, secret, home):
    good = approle(vault, vault.secret())
    vault.login_by(secret, at_isolate=home, revoke="yes", kv_version=2, **good.options)
    before = tokens(vault)
    with vault.server.requests() as seen:
        assert vault.get().status == 77
    assert seen == [login(good.mount), read(secret), REVOKE]
    assert tokens(vault) == before


@HOMES
def test_a_denied_read_is_not_asked_again(vault, secret, home):
    vault.login_by(secret, at_isolate=home, kv_version=2, token_file=vault.token_file(vault.tenant.token()))
    with vault.server.requests() as seen:
        assert vault.get().status == 77
    assert seen == [read(secret)]


# --- many, of one context -------------------------------------------------------------------------------------------

@HOMES
def test_a_thousand_read_once_each_and_log_in_once(vault, secret, home):
    good = approle(vault, secret)
    vault.login_by(secret, at_isolate=home, **good.options)
    seen, said = scripted(vault, *["resolve"] * MANY)
    assert said == [f"resolve: ok: {FINGERPRINT}"] * MANY
    assert seen == [login(good.mount), look(secret), *[read(secret)] * MANY]


@HOMES
def test_a_thousand_read_once_where_the_answer_is_kept(vault, secret, home):
    good = approle(vault, secret)
    vault.login_by(secret, at_isolate=home, cache="10m", **good.options)
    seen, said = scripted(vault, *["resolve"] * MANY)
    assert said == [f"resolve: ok: {FINGERPRINT}"] * MANY
    assert seen == [login(good.mount), look(secret), read(secret)]


@HOMES
def test_a_wrapped_secret_id_is_unwrapped_once(vault, secret, home):
    role = AppRole(vault, secret)
    vault.login_by(secret, at_isolate=home, kv_version=2, **role.options(
        wrapped="yes", role="reader", secret_id_file=vault.file("wrapped", role.wrapping_token())))
    seen, said = scripted(vault, *["resolve"] * 3)
    assert said == [f"resolve: ok: {FINGERPRINT}"] * 3
    assert seen == [("update", "sys/wrapping/lookup"), ("update", "sys/wrapping/unwrap"), login(role.mount),
                    *[read(secret)] * 3]


@HOMES
def test_a_token_of_one_use_is_for_the_secret(vault, secret, home):
    role = AppRole(vault, secret, token_num_uses=1)
    vault.login_by(secret, at_isolate=home, **role.options(role.secret_id()))
    seen, said = scripted(vault, *["resolve"] * 3)
    assert said == [f"resolve: ok: {FINGERPRINT}"] * 3
    assert seen == [login(role.mount), read(secret)] * 3


@HOMES
def test_a_token_of_some_uses_is_given_up_with_the_last(vault, secret, home):
    """A look is one of them: not for OpenBao, but for Vault."""
    role = AppRole(vault, secret, token_num_uses=3, token_period="60s")
    vault.login_by(secret, at_isolate=home, **role.options(role.secret_id()))
    seen, said = scripted(vault, *["resolve"] * 6)
    assert said == [f"resolve: ok: {FINGERPRINT}"] * 6
    assert seen == [login(role.mount), look(secret), *[read(secret)] * 2, login(role.mount), *[read(secret)] * 3,
                    login(role.mount), read(secret)]


@HOMES
@pytest.mark.parametrize("uses", [1, 2])
def test_a_token_whose_last_use_was_the_read_is_not_revoked(vault, secret, home, uses):
    role = AppRole(vault, secret, token_num_uses=uses)
    vault.login_by(secret, at_isolate=home, revoke="yes", kv_version=2, **role.options(role.secret_id()))
    assert counted(vault) == [login(role.mount), read(secret), *[REVOKE] * (uses - 1)]


@HOMES
def test_what_the_api_refused_is_read_anew(vault, secret, home):
    good = approle(vault, secret)
    vault.login_by(secret, at_isolate=home, cache="10m", **good.options)
    seen, _ = scripted(vault, "resolve", "resolve", "invalidate", "resolve", "resolve")
    assert seen.count(read(secret)) == 2 and seen.count(login(good.mount)) <= 2


@HOMES
@pytest.mark.parametrize("count", [1, 3])
def test_each_login_is_taken_back_where_that_is_wanted(vault, secret, home, count):
    good = approle(vault, secret)
    vault.login_by(secret, at_isolate=home, revoke="yes", kv_version=2, **good.options)
    seen, _ = scripted(vault, *["resolve"] * count)
    assert seen == [login(good.mount), read(secret), REVOKE] * count


@HOMES
def test_eight_threads_at_once_share_one_login(vault, secret, home):
    good = approle(vault, secret)
    vault.login_by(secret, at_isolate=home, **good.options)
    seen, said = scripted(vault, "threads=8")
    assert said == ["threads: 8 of 8 ok"]
    assert seen[:2] == [login(good.mount), look(secret)]
    assert seen[2:] == [read(secret)] * 8


@HOMES
def test_a_token_that_was_revoked_meanwhile_is_replaced_by_one_login(vault, secret, home):
    role = AppRole(vault, secret)
    vault.login_by(secret, at_isolate=home, kv_version=2, **role.options(role.secret_id()))
    with vault.popen("open", "resolve", "wait", "resolve", "resolve", "close", command=SCRIPT, text=True) as process:
        while process.stdout.readline() != "waiting\n":
            assert process.poll() is None
        api = vault.tenant.api
        ours = [found for found in (api.write("auth/token/lookup-accessor", accessor=accessor)["data"]
                                    for accessor in tokens(vault)) if found["path"] == f"auth/{role.mount}/login"]
        (token,) = ours
        api.write("auth/token/revoke-accessor", accessor=token["accessor"])
        with vault.server.requests() as seen:
            out, err = process.communicate("\n", timeout=TIMEOUT)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[:2] == [f"resolve: ok: {FINGERPRINT}"] * 2
    assert seen == [read(secret), login(role.mount), read(secret), read(secret)]
