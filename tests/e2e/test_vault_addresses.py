# SPDX-License-Identifier: MIT
"""vault.so, and all that says where the server is and how to ask it: forms of an address, Vault's variables and
OpenBao's that hide them, proxies, a token's sources. What the entry says beats each. (keystile-vault(8))"""

import json

import pytest
import vault_steps as steps
from stage import CANARY
from vault_rows import (APPROLE, GIVEN, LOGGED_IN, LOGIN, LONG, READ, READ_BY_LOGIN, SECRET_ID, TOKEN, Row, described,
                        params, play, token)

ONCE = [READ]
NO_ADDRESS = {"addr": None}
BARE = "GET secret/data/ai/claude"
NOWHERE = "http://127.0.0.1:1"


def here(world):
    return world.server.url


def at_other(world):
    return world.others["other"].url


def fine(name, plays=GIVEN, asked=None, **more):
    return Row(name, plays, asked=ONCE if asked is None else asked, **more)


def at_fault(name, *says, result="misconfigured", **more):
    """Nobody is asked."""
    return Row(name, [GIVEN], result, says, [], **more)


def by(variable, value, **more):
    """A variable says where the server is."""
    return {"options": NO_ADDRESS, "env": {variable: value} | more}


ADDRESSES = [
    fine("VAULT_ADDR", **by("VAULT_ADDR", here)),
    fine("BAO_ADDR", **by("BAO_ADDR", here)),
    fine("BAO_ADDR hides VAULT_ADDR", **by("BAO_ADDR", here, VAULT_ADDR=NOWHERE)),
    fine("VAULT_AGENT_ADDR replaces VAULT_ADDR", **by("VAULT_AGENT_ADDR", here, VAULT_ADDR=NOWHERE)),
    fine("BAO_AGENT_ADDR replaces VAULT_ADDR", **by("BAO_AGENT_ADDR", here, VAULT_ADDR=NOWHERE)),
    fine("BAO_AGENT_ADDR, empty, hides VAULT_AGENT_ADDR",
         **by("VAULT_ADDR", here, VAULT_AGENT_ADDR=NOWHERE, BAO_AGENT_ADDR="")),
    fine("addr= beats VAULT_ADDR", env={"VAULT_ADDR": NOWHERE}),
    fine("addr= beats VAULT_AGENT_ADDR", env={"VAULT_AGENT_ADDR": NOWHERE, "BAO_AGENT_ADDR": NOWHERE}),
    fine("a slash behind it", options={"addr": lambda world: here(world) + "/"}),
    fine("a prefix", options={"addr": lambda world: here(world) + "/vault/prefix"},
         asked=["GET /vault/prefix/v1/secret/data/ai/claude as static"]),
    fine("a prefix, and a slash", options={"addr": lambda world: here(world) + "/vault/"},
         asked=["GET /vault/v1/secret/data/ai/claude as static"]),
    fine("a prefix of VAULT_ADDR", **by("VAULT_ADDR", lambda world: here(world) + "/vault"),
         asked=["GET /vault/v1/secret/data/ai/claude as static"]),
    fine("a name of this host", options={"addr": lambda world: f"http://localhost:{world.server.address[1]}"}),
    fine("TLS by a variable", tls="good", **by("VAULT_ADDR", here)),
    *(at_fault(f"VAULT_ADDR={value}", "VAULT_ADDR", **by("VAULT_ADDR", value)) for value in (
        "vault.example:8200", "ftp://127.0.0.1", "http://vault.example", "http://10.0.0.1:8200", "https://",
        "http://[::1", f"https://ci:{CANARY}@vault.example", "https://vault.example?x=y", "https://vault.example#x",
        "unix://agent.sock", "unix:///" + "x" * 200, "https://127.0.0.1:99999", "/run/agent.sock", "https://vault.example\n",
        "127.0.0.1")),
    *(at_fault(f"addr={value}", "addr", options={"addr": value}) for value in (
        "vault.example", "http://vault.example", "ftp://127.0.0.1")),
    at_fault("VAULT_AGENT_ADDR that is none", "VAULT_AGENT_ADDR", **by("VAULT_AGENT_ADDR", "x", VAULT_ADDR=here)),
]


# --- what adds a token of its own -----------------------------------------------------------------------------------

def agent(name, plays=GIVEN, socket_name="agent.sock", **more):
    """On a unix socket, asked without a token."""
    more.setdefault("env", {"VAULT_TOKEN": ""})
    return Row(name, plays, server={"path": lambda world: world.stage.folder / socket_name}, **more)


AGENTS = [
    agent("a socket, without a token", asked=[BARE]),
    agent("a socket, with a token", asked=ONCE, env={}),
    agent("a socket, auth=none", asked=[BARE], env={}, options={"auth": "none"}),
    agent("a socket of VAULT_ADDR", asked=[BARE], options=NO_ADDRESS, env={"VAULT_TOKEN": "", "VAULT_ADDR": here}),
    agent("a socket of VAULT_AGENT_ADDR", asked=[BARE], options=NO_ADDRESS,
          env={"VAULT_TOKEN": "", "VAULT_AGENT_ADDR": here, "VAULT_ADDR": NOWHERE}),
    agent("a socket, and a proxy that is not for it", asked=[BARE],
          env={"VAULT_TOKEN": "", "VAULT_PROXY_ADDR": NOWHERE}),
    agent("a socket whose other side hangs up", steps.hang_up(), result="unavailable", says=("{url}",), asked=[BARE],
          options={"retries": 0}),
    fine("an Agent's port, without a token", asked=[BARE], options=NO_ADDRESS,
         env={"VAULT_TOKEN": "", "VAULT_AGENT_ADDR": here}),
    Row("an Agent whose own token is refused", steps.errors(403, "permission denied"), "denied", ("403",), [BARE],
        options={"auth": "none"}),
    Row("an Agent that wants the header", steps.errors(412, 'missing "X-Vault-Request" header'), "misconfigured",
        ("X-Vault-Request",), [BARE], options={"auth": "none"}),
    at_fault("a socket that is not there", "/nonexistent/agent.sock", result="unavailable",
             options={"addr": "unix:///nonexistent/agent.sock", "retries": 0}),
    at_fault("no token for a server", "token", result="unavailable", env={"VAULT_TOKEN": ""}),
]


# --- other variables ------------------------------------------------------------------------------------------------

TRIED = [steps.errors(503)] * 5
SETTINGS = [
    Row("VAULT_MAX_RETRIES=0", TRIED, "unavailable", ("503",), ONCE, env={"VAULT_MAX_RETRIES": "0"}),
    Row("VAULT_MAX_RETRIES=1", TRIED, "unavailable", ("503",), ONCE * 2, least=1, env={"VAULT_MAX_RETRIES": "1"}),
    Row("BAO_MAX_RETRIES hides it", TRIED, "unavailable", ("503",), ONCE,
        env={"BAO_MAX_RETRIES": "0", "VAULT_MAX_RETRIES": "5"}),
    Row("retries= beats VAULT_MAX_RETRIES", TRIED, "unavailable", ("503",), ONCE, options={"retries": 0},
        env={"VAULT_MAX_RETRIES": "5"}),
    *(at_fault(f"VAULT_MAX_RETRIES={value}", "VAULT_MAX_RETRIES", env={"VAULT_MAX_RETRIES": value})
      for value in ("-1", "two", "1.5", "1 2", "9" * 30)),
    *(Row(f"VAULT_CLIENT_TIMEOUT={value}", [steps.silence()] * 2, "unavailable", ("{url}",), ONCE,
          env={"VAULT_CLIENT_TIMEOUT": value}, timeout=LONG, options={"retries": 0})
      for value in ("1", "1s", "500ms")),
    Row("VAULT_CLIENT_TIMEOUT of all tries", TRIED, "unavailable", ("503",), ONCE,
        env={"VAULT_CLIENT_TIMEOUT": "900ms"}),
    fine("VAULT_CLIENT_TIMEOUT=0", env={"VAULT_CLIENT_TIMEOUT": "0"}),
    fine("VAULT_CLIENT_TIMEOUT=1m30s", env={"VAULT_CLIENT_TIMEOUT": "1m30s"}),
    *(at_fault(f"VAULT_CLIENT_TIMEOUT={value}", "VAULT_CLIENT_TIMEOUT", env={"VAULT_CLIENT_TIMEOUT": value})
      for value in ("soon", "-1s", "5 s", "1x")),
    fine("VAULT_RATE_LIMIT", [LOGGED_IN, GIVEN], [LOGIN, READ_BY_LOGIN], options=APPROLE, least=1,
         env={"VAULT_RATE_LIMIT": "0.8:1"}),
    fine("VAULT_RATE_LIMIT with a burst", [LOGGED_IN, GIVEN], [LOGIN, READ_BY_LOGIN], options=APPROLE,
         env={"VAULT_RATE_LIMIT": "0.01:2"}),
    Row("VAULT_RATE_LIMIT that lets nobody through in time", [LOGGED_IN, GIVEN], "unavailable", ("VAULT_RATE_LIMIT",),
        [LOGIN], options=APPROLE, env={"VAULT_RATE_LIMIT": "0.01:1"}),
    *(at_fault(f"VAULT_RATE_LIMIT={value}", "VAULT_RATE_LIMIT", env={"VAULT_RATE_LIMIT": value})
      for value in ("many", "-1", "0", "1:0", "1:x", "nan", "10:")),
    *(at_fault(f"VAULT_HEADERS={value}", "VAULT_HEADERS", env={"VAULT_HEADERS": value}) for value in (
        "x", "[]", '{"a": 1}', '{"X-Vault-Token": "x"}', '{"x-vault-wrap-ttl": "60s"}', '{"a b": "x"}', '{"": "x"}',
        '{"a": "x\\r\\nX-Vault-Wrap-TTL: 60s"}', '{"a": "\\u0000"}', '{"a": "x", "a": "y"}', '{"a:b": "x"}',
        '{"Content-Length": "5"}', '{"transfer-encoding": "chunked"}')),
    at_fault("VAULT_HEADERS with many", "VAULT_HEADERS", "more headers",
             env={"VAULT_HEADERS": json.dumps({f"X-{number}": "x" for number in range(70)})}),
    at_fault("VAULT_SRV_LOOKUP=perhaps", "VAULT_SRV_LOOKUP", env={"VAULT_SRV_LOOKUP": "perhaps"}),
    fine("VAULT_SRV_LOOKUP with a port", env={"VAULT_SRV_LOOKUP": "true"}),
    fine("variables of Vault's command alone", env={"VAULT_FORMAT": "yaml", "VAULT_MFA": "x", "VAULT_WRAP_TTL": "60s",
                                                    "VAULT_CLI_NO_COLOR": "1", "VAULT_LOG_LEVEL": "trace"}),
]

ROWS = {"address": ADDRESSES, "agent": AGENTS, "setting": SETTINGS}


@pytest.mark.parametrize("row", params(ROWS))
def test_setting(stage, certificates, row):
    play(stage, certificates, row)


def sent(stage, certificates, **more):
    """The only request of a row that is fine."""
    (request,) = play(stage, certificates, fine("", **more)).server.requests
    return request


@pytest.mark.parametrize("options, env, value", [
    ({}, {}, None),
    ({"namespace": "team"}, {}, "team"),
    ({}, {"VAULT_NAMESPACE": "team/a"}, "team/a"),
    ({}, {"BAO_NAMESPACE": "team", "VAULT_NAMESPACE": "other"}, "team"),
    ({}, {"BAO_NAMESPACE": "", "VAULT_NAMESPACE": "other"}, None),
    ({"namespace": "team"}, {"VAULT_NAMESPACE": "other"}, "team"),
])
def test_the_namespace(stage, certificates, options, env, value):
    request = sent(stage, certificates, options=options, env=env)
    assert request.value("X-Vault-Namespace") == value and request.path == "/v1/secret/data/ai/claude"


def test_the_namespace_of_the_login(stage, certificates):
    options = APPROLE | {"namespace": "team/a", "auth_namespace": "team"}
    row = fine("", [LOGGED_IN, GIVEN], [LOGIN, READ_BY_LOGIN], options=options)
    requests = play(stage, certificates, row).server.requests
    assert [request.value("X-Vault-Namespace") for request in requests] == ["team", "team/a"]


def test_headers_of_the_users(stage, certificates):
    headers = {"X-Team": "a b", "Authorization": f"Basic {CANARY}", "X-Empty": ""}
    request = sent(stage, certificates, env={"VAULT_HEADERS": json.dumps(headers)})
    assert {name: request.value(name) for name in headers} == headers


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}"])
def test_the_host_header_is_that_of_the_address(stage, certificates, host):
    row = fine("", options={"addr": lambda world: world.fill(f"http://{host}")})
    world = play(stage, certificates, row)
    assert world.server.requests[0].value("Host") == world.fill(host)


def test_the_host_header_of_a_socket(stage, certificates):
    (request,) = play(stage, certificates, AGENTS[0]).server.requests
    assert request.value("Host") == "localhost"


# --- proxies --------------------------------------------------------------------------------------------------------

def proxied(name, options=None, env=None, is_used=True):
    return pytest.param(options or {}, env or {}, is_used, id=name)


@pytest.mark.parametrize("options, env, is_used", [
    proxied("proxy=", {"proxy": at_other}),
    proxied("VAULT_PROXY_ADDR", env={"VAULT_PROXY_ADDR": at_other}),
    proxied("BAO_PROXY_ADDR", env={"BAO_PROXY_ADDR": at_other, "VAULT_PROXY_ADDR": NOWHERE}),
    proxied("VAULT_HTTP_PROXY", env={"VAULT_HTTP_PROXY": at_other}),
    proxied("VAULT_PROXY_ADDR beats VAULT_HTTP_PROXY",
            env={"VAULT_PROXY_ADDR": at_other, "VAULT_HTTP_PROXY": NOWHERE}),
    proxied("proxy= beats VAULT_PROXY_ADDR", {"proxy": at_other}, {"VAULT_PROXY_ADDR": NOWHERE}),
    proxied("NO_PROXY is not Vault's", env={"VAULT_PROXY_ADDR": at_other, "NO_PROXY": "*", "no_proxy": "127.0.0.1"}),
    proxied("HTTPS_PROXY", env={name: at_other for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "http_proxy")},
            is_used=False),
    proxied("BAO_PROXY_ADDR, empty, hides VAULT_PROXY_ADDR", env={"BAO_PROXY_ADDR": "", "VAULT_PROXY_ADDR": at_other},
            is_used=False),
])
def test_a_proxy_is_a_tunnel(stage, certificates, options, env, is_used):
    """It sees where to, and nothing that is for the server. (check_request() of vault_rows.py)"""
    proxy = {"plays": [steps.tunnel()], "is_trusted": True}
    world = play(stage, certificates, fine("", options=options, env=env, others={"other": proxy}, tls="good"))
    asked = [described(request) for request in world.others["other"].requests]
    assert asked == ([f"CONNECT {world.server.authority}"] if is_used else [])


def blocked(name, step, *says):
    """A proxy that does this."""
    return Row(name, GIVEN, "unavailable", ("the proxy {other.authority} ", *says), [], tls="good", options={"proxy": at_other, "retries": 0},
               others={"other": {"plays": [step]}})


BLOCKED = [
    blocked("a proxy that refuses", steps.answer(b"no", 403), "makes no connection"),
    blocked("a proxy that wants a password", steps.answer(b"no", 407, "Proxy-Authenticate: Basic realm=x"),
            "makes no connection"),
    blocked("a proxy that hangs up", steps.hang_up(), "broke the connection off"),
    blocked("a proxy that talks nonsense", steps.hang_up(b"\xff" * 64)),
    Row("a proxy that is not there", GIVEN, "unavailable", ("the proxy 127.0.0.1:1 cannot be connected to",), [], tls="good",
        options={"proxy": NOWHERE, "retries": 0}),
]


@pytest.mark.parametrize("row", BLOCKED, ids=lambda row: row.name)
def test_a_proxy_makes_no_connection(stage, certificates, row):
    play(stage, certificates, row)


# --- a token's sources ----------------------------------------------------------------------------------------------

BY_FILE = token("file")
FROM_FILE = ["GET secret/data/ai/claude as file"]


def token_file(text=BY_FILE + "\n", mode=0o600):
    return {"token_file": lambda world: world.file("token", text, mode)}


def home_file(text=BY_FILE + "\n", mode=0o600):
    """~/.vault-token"""
    return {"VAULT_TOKEN": lambda world: world.file(".vault-token", text, mode) and ""}


TOKENS = [
    fine("VAULT_TOKEN"),
    fine("BAO_TOKEN", env={"BAO_TOKEN": TOKEN, "VAULT_TOKEN": token("other")}),
    fine("a line end behind it", env={"VAULT_TOKEN": TOKEN + "\n"}),
    fine("a carriage return behind it", env={"VAULT_TOKEN": TOKEN + "\r\n"}),
    fine("~/.vault-token", asked=FROM_FILE, env=home_file()),
    fine("BAO_TOKEN, empty, hides VAULT_TOKEN", asked=FROM_FILE, env=home_file() | {"BAO_TOKEN": ""} | {
        "VAULT_TOKEN": lambda world: world.file(".vault-token", BY_FILE) and TOKEN}),
    fine("BAO_TOKEN_PATH", asked=FROM_FILE, env={"VAULT_TOKEN": "", "BAO_TOKEN_PATH": lambda world: world.file(
        "token", BY_FILE)}),
    fine("token-file=", asked=FROM_FILE, options=token_file()),
    fine("token-file= with white space", asked=FROM_FILE, options=token_file(f" \t{BY_FILE}\r\n\n")),
    at_fault("a token with a line end in it", "VAULT_TOKEN", env={"VAULT_TOKEN": f"{TOKEN}\nX-Vault-Wrap-TTL: 60s"}),
    at_fault("a token with a blank in it", "VAULT_TOKEN", env={"VAULT_TOKEN": f"{TOKEN} {CANARY}"}),
    at_fault("a token with a control character", "VAULT_TOKEN", env={"VAULT_TOKEN": f"{TOKEN}\x1b"}),
    at_fault("a token that is no ASCII", "VAULT_TOKEN", env={"VAULT_TOKEN": f"{TOKEN}é"}),
    at_fault("token-file= with a line end in it", "/token", options=token_file(f"{BY_FILE}\n{BY_FILE}\n")),
    at_fault("token-file= that is empty", "/token", result="unavailable", options=token_file("\n")),
    at_fault("token-file= that is not there", "/nonexistent/token", "agent", result="unavailable",
             options={"token_file": "/nonexistent/token"}),
    at_fault("token-file= that others may read", "/token", options=token_file(mode=0o644)),
    at_fault("token-file= that the group may read", "/token", options=token_file(mode=0o640)),
    at_fault("~/.vault-token that others may read", ".vault-token", env=home_file(mode=0o644)),
    at_fault("a token helper of vault's", ".vault", "token helper", env={
        "VAULT_TOKEN": lambda world: world.file(".vault", 'token_helper = "/bin/true"\n') and ""}),
    at_fault("a token helper of bao's", ".bao", "token helper", env={
        "VAULT_TOKEN": lambda world: world.file(".bao", 'token_helper = "/bin/true"\n') and ""}),
]


@pytest.mark.parametrize("row", TOKENS, ids=lambda row: row.name)
def test_token(stage, certificates, row):
    play(stage, certificates, row)


def test_a_token_file_is_no_link(stage, certificates):
    def link(world):
        path = world.stage.home / "link"
        path.unlink(missing_ok=True)
        path.symlink_to(world.file("token", BY_FILE))
        return path
    play(stage, certificates, at_fault("", "/link", options={"token_file": link}))


# --- systemd's credentials, made by hand ----------------------------------------------------------------------------

@pytest.fixture
def credentials(stage):
    """What systemd sets CREDENTIALS_DIRECTORY to, which an entry names by its path."""
    folder = stage.make("credentials")
    yield folder
    folder.chmod(0o700)


def credential(folder, text, mode=0o440, folder_mode=0o500):
    """As LoadCredential= has them, unless told otherwise: a group bit may be the mask of an ACL."""
    def make(_):
        folder.chmod(0o700)
        path = folder / "vault"
        path.unlink(missing_ok=True)
        path.write_text(f"{text}\n", encoding="ascii")
        path.chmod(mode)
        folder.chmod(folder_mode)
        return path
    return make


# How the entry names it, what the server plays and is asked then.
NAMED = {
    "token-file=": ({}, "token_file", BY_FILE, GIVEN, FROM_FILE),
    "secret-id-file=": (APPROLE, "secret_id_file", SECRET_ID, [LOGGED_IN, GIVEN], [LOGIN, READ_BY_LOGIN]),
}


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("mode, folder_mode", [(0o440, 0o500), (0o400, 0o500), (0o440, 0o550)])
def test_a_credential_of_systemd(stage, certificates, credentials, name, mode, folder_mode):
    options, option, text, plays, asked = NAMED[name]
    options = {**options, option: credential(credentials, text, mode, folder_mode), "trust": "systemd"}
    play(stage, certificates, fine("", plays, asked, options=options))


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("mode, folder_mode, trust, says", [
    (0o440, 0o755, "systemd", "lies in a folder open to others (mode 0755)"),
    (0o440, 0o570, "systemd", "lies in a folder open to others (mode 0570)"),
    (0o444, 0o500, "systemd", "is open to others (mode 0444)"),
    (0o460, 0o500, "systemd", "may be written by its group"),
    (0o440, 0o500, "private", "group"),
])
def test_a_credential_that_is_not_systemds(stage, certificates, credentials, name, mode, folder_mode, trust, says):
    options, option, text, *_ = NAMED[name]
    options = {**options, option: credential(credentials, text, mode, folder_mode), "trust": trust}
    play(stage, certificates, at_fault("", f"{credentials}/vault ", says, options=options))
