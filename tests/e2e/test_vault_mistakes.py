# SPDX-License-Identifier: MIT
"""What an administrator is told of an entry of vault.so that cannot be right: what is wrong, and what to do.
(design, sections 4 and 7)"""

import pytest
from bao_program import HeldPort
from stage import API_KEY, entry

HOSTS = "has a part that is no HOST, or HOST:PORT with a port other than 443"
PROXY = "is no URL of a proxy"

# the option that is told, what is said of it, and what the line has beside its path
FAULTS = [
    ("base-url", "is not for kind=setup-token", {"kind": "setup-token", "base_url": "https://gateway.example"}),
    ("base-url-field", "is not for kind=setup-token", {"kind": "setup-token", "base_url_field": "url"}),
    ("base-url-field", "cannot be given beside base-url=",
     {"base_url": "https://gateway.example", "base_url_field": "url"}),
    ("workspace", "is for kind=api-key alone", {"kind": "gateway-token", "workspace": "w"}),
    ("workspace-field", "is for kind=api-key alone", {"kind": "setup-token", "workspace_field": "w"}),
    ("workspace-field", "cannot be given beside workspace=", {"workspace": "w", "workspace_field": "w"}),
    ("version", "is not for kv-version=1", {"kv_version": 1, "version": 3}),
    ("proxy", PROXY, {"proxy": "proxy.example"}),
    ("proxy", PROXY, {"proxy": "ftp://proxy.example"}),
    ("proxy", PROXY, {"proxy": "http://"}),
    ("redirects", HOSTS, {"redirects": "https://other.example"}),
    ("redirects", HOSTS, {"redirects": "other.example,"}),
    ("redirects", HOSTS, {"redirects": "one.example, two.example"}),
    ("redirects", HOSTS, {"redirects": "other.example/path"}),
    ("redirects", HOSTS, {"redirects": "other.example:443"}),
    ("redirects", HOSTS, {"redirects": "user@other.example"}),
    *(("server-name", "is no name of a host", {"server_name": name})
      for name in ("of two words", "vault.example:8200", "[::1]:8200", "::1", "vault.example/v1", "user@vault.example")),
    *(("auth-mount", fault, {"auth": "approle", "role_id": "ci", "auth_mount": mount})
      for mount, fault in (("/approle", "begins with a slash"), ("approle/", "ends with a slash"),
                           ("../secret", "has a part that is . or .."))),
]

FIT = [
    {"proxy": "http://proxy.example:3128"},
    {"proxy": "http://user:password@proxy.example"},
    {"proxy": "socks5h://proxy.example"},
    {"redirects": "none"},
    {"redirects": "same-host"},
    {"redirects": "other.example"},
    {"redirects": "One.example:8200,[::1]:8200,127.0.0.1"},
    {"server_name": "vault.example"},
    {"server_name": "[::1]"},
    {"auth": "approle", "role_id": "ci", "auth_mount": "of/ours"},
    {"base_url_field": "url", "workspace_field": "w", "version": 3},
    {"kind": "gateway-token", "base_url_field": "url", "kv_version": 2, "version": 3},
]

# the variable, what it cannot be, and what is said of it
VARIABLES = [
    ("VAULT_PROXY_ADDR", "proxy.example", PROXY),
    ("BAO_PROXY_ADDR", "ftp://proxy.example", PROXY),
    ("VAULT_HTTP_PROXY", "proxy.example", PROXY),
    ("VAULT_TLS_SERVER_NAME", "vault.example:8200", "is no name of a host"),
    ("VAULT_NAMESPACE", "of-two\r\nX-Vault-Token: lines", "holds a control character"),
    ("BAO_NAMESPACE", "rubbed\x7fout", "holds a control character"),
    ("BAO_TOKEN_PATH", "token", "has a path that is too long or not absolute; write the path from the root on"),
]


def name_of(options):
    return ",".join(f"{name}={value}" for name, value in options.items()).replace("/", "")


@pytest.fixture
def local(stage):
    """A stage for what is found out before any server is asked."""
    stage.install("vault")
    return stage


@pytest.mark.parametrize("option, fault, options", [pytest.param(*case, id=f"{case[0]}:{name_of(case[2])}")
                                                    for case in FAULTS])
def test_options_that_do_not_fit(local, option, fault, options):
    local.write(entry("vault", path="ai/claude", **options))
    result = local.run("check", "default")
    assert result.status == 78 and f"option {option} {fault}" in result.message, result.message


@pytest.mark.parametrize("options", FIT, ids=name_of)
def test_options_that_fit(local, options):
    local.write(entry("vault", path="ai/claude", **options))
    result = local.run("check", "default")
    assert (result.status, result.out, result.err) == (0, "", "")


@pytest.mark.both_homes
@pytest.mark.parametrize("name, value, fault", VARIABLES)
def test_a_variable_that_cannot_be(local, name, value, fault):
    local.write(entry("vault", path="ai/claude", addr="https://127.0.0.1:1"))
    result, told = local.refused(env={name: value})
    assert result == "misconfigured" and told.startswith(f"{name} {fault}"), told


@pytest.mark.both_homes
@pytest.mark.parametrize("option, remedy", [("ca_file", "correct ca-file="), ("VAULT_CACERT", "correct VAULT_CACERT"),
                                            ("SSL_CERT_FILE", "correct SSL_CERT_FILE")])
def test_certificates_that_are_not_there(local, option, remedy):
    gone = f"{local.folder}/gone.pem"
    options, env = ({option: gone}, {}) if option.islower() else ({}, {option: gone})
    local.write(entry("vault", path="ai/claude", addr="https://127.0.0.1:1", auth="none", **options))
    result, told = local.refused(env=env)
    assert result == "misconfigured" and told.startswith(f"{gone} does not exist; {remedy}"), told


@pytest.mark.both_homes
def test_a_proxy_that_is_not_there_is_what_to_look_at(local):
    with HeldPort() as port:
        local.write(entry("vault", path="ai/claude", addr="https://127.0.0.1:1", auth="none", retries=0,
                          proxy=f"http://127.0.0.1:{port.number}"))
        result, told = local.refused()
    assert result == "unavailable" and "the proxy that proxy= or VAULT_PROXY_ADDR names" in told, told


@pytest.mark.both_homes
def test_a_field_that_is_no_workspace(vault):
    vault.read(vault.secret(api_key=API_KEY, place="of/none"), workspace_field="place")
    result, told = vault.refused()
    assert result == "invalid" and "has a field place that is no id of a workspace" in told, told


@pytest.mark.both_homes
def test_an_engine_that_keeps_no_versions(vault):
    vault.read(vault.secret(1), version=3)
    result, told = vault.refused()
    assert result == "misconfigured" and told.endswith("leave out version="), told


@pytest.mark.both_homes
def test_the_apis_path_in_place_of_the_secrets(vault):
    secret = vault.secret()
    vault.read(secret)
    assert vault.json()
    vault.write(vault.entry(f"{secret.mount}/data/{secret.name}", token_file=vault.home / "token"))
    result, told = vault.refused()
    assert result == "denied" and told.endswith("; or write path= without data/"), told


@pytest.mark.both_homes
def test_a_mount_where_nobody_logs_in(vault):
    vault.login_by(vault.secret(), auth="approle", auth_mount="of/none", role_id="reader",
                   secret_id_file=vault.file("secret-id", "CANARY-secret-id"))
    result, told = vault.refused()
    assert result == "denied" and "refused the login (403" in told and "; see with auth-mount= and" in told, told


@pytest.mark.both_homes
def test_a_request_without_a_token(vault):
    secret = vault.secret()
    vault.login_by(secret, auth="none")
    result, told = vault.refused()
    assert result == "denied" and "it came without a token" in told and "; write auth=, or give the policy" in told, told
