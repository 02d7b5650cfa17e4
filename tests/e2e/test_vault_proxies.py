# SPDX-License-Identifier: MIT
"""vault.so by way of a proxy that has to prove who it is, and of one that speaks SOCKS5. (keystile-vault(8))

The proxies are stand-ins of ours (vault_steps.py): what they pass on is TLS between the module and the server, and
check_request() of vault_rows.py looks for what they must not be told.
"""

import pytest
import vault_steps as steps
from stage import CANARY
from vault_certificates import ELSEWHERE
from vault_rows import (APPROLE, GIVEN, LOGGED_IN, LOGIN, READ, READ_BY_LOGIN, SHORT, Row, described, params, play)
from vault_server import When

USER, PASSWORD = "ci", f"{CANARY}-of-the-proxy"


def at_proxy(scheme="https", user=""):
    """Its URL, once it listens."""
    return lambda world: f"{scheme}://{user}{world.others['proxy'].authority}"


def by(url, **more):
    """What an entry says that goes by this proxy, and is not to try again."""
    return {"proxy": url, "retries": 0, **more}


def played(name, proxy, url, options=None, **more):
    """What a server is asked by way of this proxy, which may have more to say."""
    row = {"result": "ok", "says": (), "asked": [READ], "tls": "good", **more}
    others = {"proxy": {"is_trusted": True, **proxy}}
    return Row(name, [GIVEN], options=by(url, **options or {}), others=others, **row)


def secured(name, proxy="good", step=None, **more):
    """A proxy with a certificate of this kind."""
    return played(name, {"plays": [step or steps.tunnel()], "tls": proxy}, at_proxy(), **more)


def untrusted(name, proxy, *says, **more):
    """It is the proxy that is told, with what would mend it, and neither it nor the server is asked for anything."""
    says = ("{url}/", "the proxy {proxy.authority} cannot be trusted", "the CA of the proxy", *says)
    return secured(name, proxy, result="misconfigured", says=says, asked=[], **more)


def folder(world):
    """A folder with the authority's certificate."""
    path = world.stage.folder / "authorities"
    path.mkdir(exist_ok=True)
    (path / "ca.pem").write_bytes(world.certificates.ca.read_bytes())
    return path


def ca(world):
    return world.certificates.ca


OWN_CLIENT = {"client_cert": lambda world: world.certificates.client,
              "client_key": lambda world: world.certificates.client_key}
# A server that nobody should trust, and an entry that does.
UNVERIFIED = {"tls": "of_another_authority", "options": {"tls_verify": "no"}}

SECURED = [
    secured("ca-file="),
    secured("ca-path=", options={"ca_file": None, "ca_path": folder}),
    secured("VAULT_CACERT", options={"ca_file": None}, env={"VAULT_CACERT": ca}),
    secured("TLS 1.2", "tls_1_2"),
    secured("server-name= is that of the server", options={"server_name": ELSEWHERE}, tls="of_another_name"),
    secured("the server alone is not verified", says=("not verified",), **UNVERIFIED),
]
UNTRUSTED = [
    untrusted("of another authority", "of_another_authority", "certificate"),
    untrusted("of another name", "of_another_name", "127.0.0.1"),
    untrusted("expired", "expired", "expired"),
    untrusted("trusted by nobody", "good", "certificate", options={"ca_file": None}),
    untrusted("TLS 1.1", "tls_1_1"),
    untrusted("a client's certificate is the server's", "demanding_tls_1_2", "alert", options=OWN_CLIENT),
]
BLOCKED = [
    secured("refuses", step=steps.answer(b"no", 403), result="unavailable", asked=[],
            says=("the proxy {proxy.authority} makes no connection",)),
    secured("says nothing", step=steps.silence(), result="unavailable", asked=[], timeout=SHORT,
            says=("the proxy {proxy.authority} did not answer in time",)),
    # libcurl 7.88 does not say why, where there is TLS within TLS; but it is the server that is told
    secured("and a server that is not trusted", tls="of_another_authority", result=None, asked=[],
            says=("{url}/v1/secret/data/ai/claude cannot be ",)),
]


@pytest.mark.filterwarnings("ignore:.*TLSv1_1 is deprecated")
@pytest.mark.parametrize("row", params({"secured": SECURED, "untrusted": UNTRUSTED, "blocked": BLOCKED}))
def test_a_proxy_speaks_tls(stage, certificates, row):
    world = play(stage, certificates, row)
    tunnels = [] if row in UNTRUSTED else [f"CONNECT {world.server.authority}"]
    assert [described(request) for request in world.others["proxy"].requests] == tunnels


def test_a_proxy_is_verified_where_the_server_is_not(stage, certificates):
    """What is noted of the server comes first, and then the end."""
    play(stage, certificates, untrusted("", "of_another_authority", "certificate", **UNVERIFIED))


def test_a_login_that_works_once_is_repeated_where_the_proxy_hangs_up(stage, certificates):
    """The server cannot have had it."""
    row = Row("", [LOGGED_IN, GIVEN], asked=[LOGIN, READ_BY_LOGIN], tls="good", options=by(at_proxy(), **APPROLE) | {
        "retries": 1}, others={"proxy": {"plays": [steps.hang_up(), steps.tunnel(), steps.tunnel()], "tls": "good",
                                         "is_trusted": True}})
    play(stage, certificates, row)


@pytest.mark.parametrize("proxy", ["of_another_authority", "good"])
def test_a_password_is_told_to_a_proxy_that_is_trusted(stage, certificates, proxy):
    """In the head of its CONNECT, and in no message."""
    make = secured if proxy == "good" else untrusted
    row = make("", proxy, options={"proxy": at_proxy(user=f"{USER}:{PASSWORD}@")})
    requests = play(stage, certificates, row).others["proxy"].requests
    assert [request.value("Proxy-Authorization") is not None for request in requests] == \
        ([True] if proxy == "good" else [])


# --- SOCKS5 ---------------------------------------------------------------------------------------------------------

def socks(name, url=at_proxy("socks5"), options=None, step=None, **more):
    return played(name, {"plays": [step or steps.socks()]}, url, options, **more)


def stopped(name, step, *says, **more):
    says = ("the proxy {proxy.authority} ", *says)
    return socks(name, step=step, result="unavailable", asked=[], says=says, **more)


KNOWN = steps.socks(USER, PASSWORD)
SOCKS = [
    socks("an address"),
    socks("a name, which the proxy looks up", at_proxy("socks5h"),
          {"addr": lambda world: world.fill("https://localhost:{port}")}),
    socks("a password", at_proxy("socks5", f"{USER}:{PASSWORD}@"), step=KNOWN),
]
STOPPED = [
    stopped("a refusal", steps.socks(refuses=5), "makes no connection"),
    stopped("another password", KNOWN, "makes no connection", url=at_proxy("socks5", f"{USER}:{PASSWORD}-@")),
    stopped("no password", KNOWN, "makes no connection"),
    stopped("hangs up", steps.hang_up(when=When.ACCEPT), "makes no connection", varies=True),
]


@pytest.mark.parametrize("row", params({"socks": SOCKS, "stopped": STOPPED}))
def test_a_proxy_speaks_socks(stage, certificates, row):
    world = play(stage, certificates, row)
    if row.result == "ok":
        host = "localhost" if "name" in row.name else "127.0.0.1"
        (request,) = world.others["proxy"].requests
        assert described(request) == f"CONNECT {host}:{world.server.address[1]}"


@pytest.mark.parametrize("scheme", ["https", "socks5", "socks5h"])
def test_a_proxy_that_is_dead(stage, certificates, scheme):
    play(stage, certificates, played(
        "", {"listens": False}, at_proxy(scheme, f"{USER}:{PASSWORD}@"), result="unavailable", asked=[],
        says=("the proxy {proxy.authority} cannot be connected to: Connection refused", "VAULT_PROXY_ADDR")))


def test_a_server_that_is_not_trusted_behind_socks(stage, certificates):
    """It is the server that is told."""
    row = socks("", tls="of_another_authority", result="misconfigured", asked=[],
                says=("{url}/v1/secret/data/ai/claude cannot be trusted", "the server's CA"))
    play(stage, certificates, row)
