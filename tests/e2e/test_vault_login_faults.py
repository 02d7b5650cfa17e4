# SPDX-License-Identifier: MIT
"""vault.so, and a login that goes wrong: answers that give no token, half a login, a revocation that fails. What works once
is never sent twice. (design, section 7; keystile-vault(8))

A fake stands in for the server, since the real one answers logins as it should; test_vault_logins.py has those.
"""

import base64
import json

import pytest
import vault_steps as steps
from stage import CANARY
from vault_rows import (APPROLE, GIVEN, LOGGED_IN, LOGIN, PASSWORD, READ_BY_LOGIN, ROLE_ID, SECRET_ID, SHORT, TOKEN,
                        USERPASS, Row, login, params, play, token, whole)
from vault_server import When

BOTH = [LOGIN, READ_BY_LOGIN]
USER_LOGIN = "POST auth/userpass/login/ci"
REVOKE = "POST auth/token/revoke-self as login"
DENIED = steps.errors(403, "permission denied")
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
MFA = {"mfa_request_id": "d0c9eec7", "mfa_constraints": {"any": {"any": [{"type": "totp", "id": "x"}]}}}


def fine(name, answer, **more):
    return Row(name, [answer, GIVEN], asked=BOTH, options=APPROLE, **more)


def no_login(name, answer, result, *says, **more):
    """The login comes to nothing, and nothing is asked behind it."""
    more.setdefault("options", APPROLE)
    more.setdefault("asked", [LOGIN])
    return Row(name, [answer, GIVEN, GIVEN] if answer else [], result, ("{url}/v1/auth/", *says), **more)


def senseless(name, **auth):
    return no_login(name, steps.answer(login(**auth)), "unavailable")


ANSWERS = [
    fine("a lease of 0", steps.answer(login(lease_duration=0))),
    fine("a lease of centuries", steps.answer(login(lease_duration=10**18))),
    fine("not to be renewed", steps.answer(login(renewable=False))),
    fine("a token of another form", steps.answer(login(client_token=token("login").removeprefix("hvs.")))),
    fine("a token of 4 KiB", steps.answer(login(client_token="x" * 4096 + token("login")))),
    no_login("no auth", steps.answer({"data": {}}), "unavailable"),
    no_login("auth is null", steps.answer(whole(None)), "unavailable"),
    no_login("auth is a list", steps.answer(whole(None, auth=[])), "unavailable"),
    no_login("auth is a string", steps.answer(whole(None, auth="text")), "unavailable"),
    no_login("nothing", steps.answer(b""), "unavailable", "JSON"),
    no_login("no JSON", steps.answer(b"<html>"), "unavailable", "JSON"),
    no_login("no JSON, with a token in it", steps.answer(json.dumps(login())[:-1]), "unavailable", "JSON"),
    no_login("204", steps.hang_up(NO_CONTENT), "unavailable"),
    senseless("an empty token", client_token=""),
    senseless("a token that is null", client_token=None),
    senseless("a token that is a number", client_token=12345678),
    senseless("a token that is a list", client_token=[token("login")]),
    senseless("a token with a line end", client_token=f"{token('login')}\r\nX-Header: 1"),
    senseless("a token with a line end behind it", client_token=token("login") + "\n"),
    senseless("a token with a NUL", client_token=token("login") + "\0"),
    senseless("a token with a blank", client_token=f"{token('login')} {CANARY}"),
    senseless("a token that is no ASCII", client_token=token("logïn")),
    senseless("a token of 64 KiB", client_token=token("login") + "x" * 65536),
    senseless("a negative lease", lease_duration=-1),
    senseless("a lease that is no integer", lease_duration=0.5),
    senseless("a lease that is a string", lease_duration="3600"),
    no_login("a second factor", steps.answer(login(client_token="", mfa_requirement=MFA)), "denied", "second factor"),
    no_login("wrapped", steps.answer(whole(None, wrap_info={"token": f"hvs.{CANARY}-wrapping", "ttl": 60})),
             "misconfigured", "wrap"),
    no_login("wrapped, and a token beside it", steps.answer(login() | {"wrap_info": {"token": f"hvs.{CANARY}-wrap"}}),
             "misconfigured", "wrap"),
    no_login("400", steps.errors(400, "invalid role or secret ID"), "denied", "400", "invalid role or secret ID"),
    no_login("400 with what was sent", steps.errors(400, f"invalid secret id {SECRET_ID} of {ROLE_ID}"), "denied",
             "invalid secret id ***"),
    no_login("403", DENIED, "denied", "403", "permission denied"),
    no_login("404", steps.errors(404, "no handler for route"), "misconfigured", "404", "auth-mount="),
    no_login("405", steps.errors(405), "misconfigured", "405"),
    no_login("501", steps.errors(501), "unavailable", "501"),
]


def half(name, step, asked=1, **more):
    """A secret id that is good for one login may be used up. It is not sent again, and that is told."""
    return no_login(name, step, "unavailable", "not repeated", asked=[LOGIN] * asked, **more)


HALVES = [
    half("reset behind the head", steps.reset(when=When.HEAD), varies=True),
    half("reset behind the login", steps.reset()),
    half("hang up behind the login", steps.hang_up()),
    half("silence behind the login", steps.silence(), timeout=SHORT, is_quick=True),
    half("reset in the answer", steps.reset(steps.message(login())[:-20])),
    half("truncated", steps.hang_up(steps.message(login())[:-20])),
    half("500", steps.errors(500, "internal error")),
    half("502", steps.errors(502)),
    half("504", steps.answer(b"", 504)),
    # whether it was sent is for the kernel to say, and only then it is not sent again
    Row("reset at once", [steps.reset(when=When.ACCEPT), LOGGED_IN, GIVEN], None, options=APPROLE, varies=True),
    no_login("nobody there", [], "unavailable", "cannot be reached", asked=[], server={"listens": False},
             timeout=SHORT),
    Row("429", [steps.errors(429, headers=["Retry-After: 1"]), LOGGED_IN, GIVEN], asked=[LOGIN, *BOTH],
        options=APPROLE, least=1),
    Row("503", [steps.errors(503, "Vault is sealed"), LOGGED_IN, GIVEN], asked=[LOGIN, *BOTH], options=APPROLE,
        least=1),
    Row("a role without a secret id", [steps.reset(), LOGGED_IN, GIVEN], asked=[LOGIN, *BOTH], least=1,
        options={"auth": "approle", "role_id": ROLE_ID}),
    Row("half a read", [LOGGED_IN, steps.reset(), GIVEN], asked=[*BOTH, READ_BY_LOGIN], options=APPROLE),
    Row("half a login with a password", [steps.reset(), LOGGED_IN, GIVEN], options=USERPASS, least=1,
        asked=[USER_LOGIN, USER_LOGIN, READ_BY_LOGIN]),
    no_login("a password that comes back", steps.errors(400, f"no user with {PASSWORD}"), "denied", "no user with ***",
             options=USERPASS, asked=[USER_LOGIN]),
]

def unrevoked(name, step, **more):
    """The credential is delivered all the same, and what became of the token is told."""
    return Row(name, [LOGGED_IN, GIVEN, step], "ok", ("revoke",), [*BOTH, REVOKE],
               options=APPROLE | {"revoke": "yes"}, **more)


REVOKED = [
    *(Row(name, [LOGGED_IN, GIVEN, step], asked=[*BOTH, REVOKE], options=APPROLE | {"revoke": "yes"})
      for name, step in {"204": steps.hang_up(NO_CONTENT), "200": steps.answer(whole(None))}.items()),
    unrevoked("403", DENIED),
    unrevoked("404", steps.errors(404)),
    unrevoked("500", steps.errors(500), timeout=SHORT),
    unrevoked("a page", steps.answer(b"<html>", 500), timeout=SHORT),
    unrevoked("truncated", steps.hang_up(steps.message(whole(None))[:-9]), timeout=SHORT),
    unrevoked("silence", steps.silence(), timeout="2s"),
    unrevoked("a redirect elsewhere", steps.redirect("https://vault.example/v1/there"), timeout=SHORT),
    Row("the read is refused", [LOGGED_IN, DENIED, steps.answer(whole(None))], "denied", ("403",), None,
        options=APPROLE | {"revoke": "yes"}),
]

ROWS = {"answer": ANSWERS, "half": HALVES, "revoke": REVOKED}


@pytest.mark.parametrize("row", params(ROWS))
def test_login(stage, certificates, row):
    requests = play(stage, certificates, row).server.requests
    # VAULT_TOKEN is there, and is nobody's but auth=token's
    assert all(TOKEN not in request.text for request in requests)
    for request in requests:
        if "/login" in request.target:
            check_login(request)


def check_login(request):
    """What is sent with a login, whole."""
    body = json.loads(request.body) if request.body else None
    if request.value("Content-Length") != str(len(request.body)):
        return  # the server did not wait for it
    if request.target == "/v1/auth/approle/login":
        assert body in ({"role_id": ROLE_ID, "secret_id": SECRET_ID}, {"role_id": ROLE_ID})
    elif request.target == "/v1/auth/userpass/login/ci":
        assert body == {"password": PASSWORD}


# --- a login with the request itself --------------------------------------------------------------------------------

INLINE = APPROLE | {"inline": "yes"}
PLAIN_READ = "GET secret/data/ai/claude"
INLINED = [
    Row("inline", [GIVEN], asked=[PLAIN_READ], options=INLINE),
    Row("refused", [steps.errors(403, "permission denied", headers=["X-Vault-Inline-Auth-Failed: true"])], "denied",
        ("403", "login"), [PLAIN_READ], options=INLINE),
    Row("refused, with what was sent", [steps.errors(403, f"invalid secret id {SECRET_ID}")], "denied",
        ("invalid secret id ***",), [PLAIN_READ], options=INLINE),
    Row("what it may read is refused", [DENIED], "denied", ("403",), [PLAIN_READ], options=INLINE),
    Row("half a request", [steps.reset(), GIVEN], "unavailable", ("not repeated",), [PLAIN_READ], options=INLINE),
    Row("a redirect elsewhere", lambda world: [steps.redirect(world.fill("{other}/v1/there"))], "misconfigured",
        ("{other.authority}",), [PLAIN_READ], options=INLINE | {"retries": 0}, others={"other": {"plays": [GIVEN]}}),
]


@pytest.mark.parametrize("row", INLINED, ids=lambda row: row.name)
def test_inline(stage, certificates, row):
    """The login is in headers, each field in one of its own, and no token is beside them."""
    request = play(stage, certificates, row).server.requests[0]
    assert request.value("X-Vault-Inline-Auth-Path") == "auth/approle/login"
    given = {}
    for name, value in request.headers:
        if name.lower().startswith("x-vault-inline-auth-parameter-"):
            assert "=" not in value
            field = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
            given[field["key"]] = field["value"]
    assert given == {"role_id": ROLE_ID, "secret_id": SECRET_ID}
