# SPDX-License-Identifier: MIT
"""vault.so, and each status that a server answers with: what is final, what is asked again and when, and how the mount
is found where the server does not say. (design, section 7; keystile-vault(8))"""

import email.utils
import time

import pytest
import vault_steps as steps
from stage import API_KEY
from vault_rows import (APPROLE, GIVEN, LOGGED_IN, LOGIN, LONG, PATH, PREFLIGHT, READ, READ_BY_LOGIN, SHORT, TOKEN,
                        Row, described, login, params, play, whole)

ONCE, TWICE = [READ], [READ] * 2
UPGRADING = "Upgrading from non-versioned to versioned data. This backend will be unavailable for a brief period."
NO_HEADER = 'missing "X-Vault-Request" header'
STALE = "required index state not present"
POLICY = 'path "secret/data/ai/claude" { capabilities = ["read"] }'
PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"


def final(name, step, result, *says, **more):
    """What no repeat mends: it is asked once."""
    return Row(name, step, result, (*says, "{url}"), ONCE, **more)


def passing(name, *refusals, least=1, **more):
    """What is asked again, and is then another answer."""
    return Row(name, [*refusals, GIVEN], asked=[READ] * (len(refusals) + 1), least=least, **more)


def given_up(name, step, *says, **more):
    """What would pass, and is not waited for."""
    more["options"] = {"retries": 0} | more.get("options", {})
    return Row(name, step, "unavailable", (*says, "{url}"), ONCE, **more)


def retry_after(value, status=429):
    return steps.errors(status, "too many", headers=[f"Retry-After: {value}"])


def date(seconds):
    """Some seconds from now, as HTTP writes it."""
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


FINAL = [
    final("204", steps.hang_up(b"HTTP/1.1 204 No Content\r\n\r\n"), "misconfigured", "204"),
    final("400", steps.errors(400, "bad request"), "misconfigured", "400", "bad request"),
    final("401", steps.errors(401), "misconfigured", "401"),
    final("403", steps.errors(403, "permission denied"), "denied", "403", "permission denied", POLICY),
    final("403 with a page", steps.answer("<html>no</html>", 403), "denied", "403", POLICY),
    final("404", steps.errors(404), "misconfigured", "404", "ai/claude"),
    final("404 with a page", steps.answer("<html>no</html>", 404), "misconfigured", "404"),
    final("404 with nothing", steps.answer(b"", 404), "misconfigured", "404"),
    final("405", steps.errors(405, "unsupported operation"), "misconfigured", "405", "unsupported operation"),
    final("407", steps.errors(407), "misconfigured", "407"),
    final("412 for want of the header", steps.errors(412, NO_HEADER), "misconfigured", "412", "X-Vault-Request"),
    final("413", steps.errors(413, "request body too large"), "misconfigured", "413"),
    final("418", steps.errors(418), "misconfigured", "418"),
    final("472", steps.errors(472), "unavailable", "472"),
    final("473", steps.errors(473), "misconfigured", "473"),
    final("501", steps.errors(501, "Vault is not initialized"), "unavailable", "501", "not initialized"),
]

PASSING = [
    passing("400 while it upgrades", steps.errors(400, UPGRADING)),
    passing("412 for a state that has not arrived", steps.errors(412, STALE)),
    passing("429", steps.errors(429)),
    passing("500", steps.errors(500, "internal error")),
    passing("502 with a page", steps.answer(PAGE, 502)),
    passing("503", steps.errors(503, "Vault is sealed")),
    passing("504", steps.answer(b"", 504)),
    passing("500, and it hangs up", steps.hang_up(steps.message({"errors": ["x"]}, 500, "Connection: close"))),
    passing("503, 503", steps.errors(503), steps.errors(503), least=3),
    Row("503 for ever", [steps.errors(503, "Vault is sealed")] * 4, "unavailable", ("503", "Vault is sealed", "{url}"),
        [READ] * 3, least=3),
    given_up("400 while it upgrades, not repeated", steps.errors(400, UPGRADING), "400", "pgrading"),
    given_up("412 for a state that has not arrived, not repeated", steps.errors(412, STALE), "412", STALE),
    given_up("429, not repeated", steps.errors(429, "too many"), "429", "too many"),
    given_up("500, not repeated", steps.errors(500, "internal error"), "500", "internal error"),
    given_up("502 with a page, not repeated", steps.answer(PAGE, 502), "502", "Bad Gateway"),
    given_up("503, not repeated", steps.errors(503, "Vault is sealed"), "503", "Vault is sealed"),
    given_up("599", steps.errors(599), "599"),
    given_up("503 with an OK body", steps.answer(whole({"data": {}}), 503), "503"),
]

WAITS = [
    passing("Retry-After: 0", retry_after(0)),
    passing("Retry-After: 1", retry_after(1)),
    passing("Retry-After: 2", retry_after(2), least=2),
    passing("Retry-After: 2 of a sealed one", retry_after(2, 503), least=2),
    Row("Retry-After: a date", lambda _: [retry_after(date(3)), GIVEN], asked=TWICE, least=1.5),
    Row("Retry-After: a date that has passed", lambda _: [retry_after(date(-100)), GIVEN], asked=TWICE,
        least=1),
    passing("Retry-After: soon", retry_after("soon")),
    passing("Retry-After: -5", retry_after(-5)),
    passing("Retry-After: 1.5", retry_after("1.5")),
    passing("Retry-After: nothing", retry_after("")),
    Row("Retry-After: 300", retry_after(300), "unavailable", ("429", "300 s", "{url}"), ONCE, timeout=LONG),
    Row("Retry-After: 300 of a sealed one", retry_after(300, 503), "unavailable", ("503", "300 s", "{url}"), ONCE,
        timeout=LONG),
    Row("Retry-After: a date too late", lambda _: [retry_after(date(300))], "unavailable", ("429", "{url}"), ONCE,
        timeout=LONG, varies=True),
    Row("Retry-After: beyond 64 bits", retry_after("9" * 30), "unavailable", ("429", "{url}"), ONCE, timeout=LONG),
    Row("no time for another", steps.errors(503), "unavailable", ("503", "{url}"), ONCE, timeout=SHORT, is_quick=True),
]

LOGGED_OUT = [
    Row("403 of a token that was just given", [LOGGED_IN, *[steps.errors(403, "permission denied")] * 3], "denied",
        ("403", POLICY), [LOGIN, READ_BY_LOGIN], options=APPROLE),
]

LONG_PATH = "/".join(["secret", *["of-many-parts"] * 10])
VERY_LONG_PATH = "/".join(["secret", *["of-many-parts"] * 20])

FORBIDDEN = [
    Row("400 without a token", steps.errors(400, "missing client token"), "denied", ("without a token", "auth="),
        options={"auth": "none"}),
    Row("400 of another kind without a token", steps.errors(400, "missing name"), "misconfigured", ("missing name",),
        options={"auth": "none"}),
    Row("a long path", steps.errors(403, "permission denied"), "denied",
        (f'path "{LONG_PATH.replace("/", "/data/", 1)}" {{ capabilities = ["read"] }}',), options={"path": LONG_PATH}),
    Row("one that is too long to be told twice", steps.errors(403, "permission denied"), "denied",
        ('{ capabilities = ["read"] } on the path',), options={"path": VERY_LONG_PATH}),
]

AUTO = {"kv_version": None}
READ_V1 = f"GET {PATH} as static"
VERSIONED = whole(None, warnings=["Invalid path for a versioned K/V secrets engine. See the API docs."])


def mount(path="secret/", **options):
    return steps.answer(whole({"path": path, "type": "kv", "options": options or None}))


def found(name, preflight, asked, *more, **others):
    """The mount's version is asked for first."""
    return Row(name, [preflight, *more, others.pop("given", GIVEN)], asked=[PREFLIGHT, *asked], options=AUTO, **others)


V1 = steps.answer(whole({"api_key": API_KEY}, lease_duration=2764800))
PREFLIGHTS = [
    found("version 2", mount(version="2"), ONCE),
    found("version 1", mount(version="1"), [READ_V1], given=V1),
    found("no options", mount(), [READ_V1], given=V1),
    found("another version", mount(version="x"), [READ_V1], given=V1),
    found("403, and version 1", steps.errors(403, "preflight capability check returned 403"), [READ_V1], given=V1),
    found("403, and the warning of version 2", steps.errors(403), [READ_V1, READ], steps.answer(VERSIONED, 404)),
    found("404 of an old server", steps.errors(404), [READ_V1], given=V1),
    found("503, then the answer", steps.errors(503), [PREFLIGHT, READ], mount(version="2"), least=1),
    *(Row(f"a mount that is {name}", [mount(path)], "misconfigured", (f"path= does not lead into the mount {told};",),
          [PREFLIGHT], options=AUTO)
      for name, path, told in (("what was sent", f"{TOKEN}/", "***/"),
                               ("a line of its own", "of\nkeystile: two\x1b[m/", "of keystile: two [m/"))),
    Row("403 on all", [steps.errors(403, "permission denied")] * 3, "denied", ("403", "{url}"), None, options=AUTO),
    Row("a version that cannot be asked for", [steps.errors(500)] * 3, "unavailable", ("500", "{url}"), [PREFLIGHT],
        options=AUTO | {"retries": 0}),
]


# Places that the path does not lie in, and what is no place.
MISLEADING = {"another mount": "other/", "no path": None, "an empty path": "", "a part of a name": "sec",
              "upwards": "../secret/", "a slash": "/", "more than the path": f"{PATH}/more/",
              "a line end": "secret/\r\nX-Header: 1/", "a query": "secret/?x=", "a number": 3, "a list": ["secret/"]}

ROWS = {"final": FINAL, "passing": PASSING, "waits": WAITS, "login": LOGGED_OUT, "forbidden": FORBIDDEN,
        "mount": PREFLIGHTS}


@pytest.mark.parametrize("row", params(ROWS))
def test_status(stage, certificates, row):
    play(stage, certificates, row)


@pytest.mark.parametrize("name", MISLEADING)
def test_a_server_does_not_say_which_secret_is_read(stage, certificates, name):
    """It may fail or make do, and asks for nothing that the entry does not name."""
    row = Row(name, [mount(MISLEADING[name], version="2"), *[GIVEN] * 3], None, options=AUTO)
    asked = [described(request) for request in play(stage, certificates, row).server.requests]
    assert asked[0] == PREFLIGHT and set(asked[1:]) <= {READ, READ_V1}


@pytest.mark.parametrize("headers", [[], ["X-Vault-Index: v1:abc/def=="]], ids=["none", "an index"])
def test_the_index_of_the_login_is_sent_with_the_read(stage, certificates, headers):
    """A standby that does not know of the login yet can tell."""
    row = Row("", [steps.answer(login(), 200, *headers), GIVEN], asked=[LOGIN, READ_BY_LOGIN], options=APPROLE)
    asked, read = play(stage, certificates, row).server.requests
    assert asked.value("X-Vault-Index") is None
    assert read.value("X-Vault-Index") == (headers[0].partition(": ")[2] if headers else None)
