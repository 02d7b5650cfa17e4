# SPDX-License-Identifier: MIT
"""vault.so, and a secret id that comes wrapped: a token that somebody else used, or made, is a security alert, and
none is ever sent twice. (design, section 7; keystile-vault(8))

A fake stands in for the server, which loses no answer; test_vault_logins.py has the real one.
"""

import json
import re

import pytest
import vault_steps as steps
from stage import CANARY, EXIT
from test_vault_leases import OK, live
from vault_rows import (GIVEN, HOMES, LOGGED_IN, LOGIN, READ_BY_LOGIN, ROLE_ID, SECRET_ID, TOKEN, Row, World, play,
                        token, whole)

BOTH = [LOGIN, READ_BY_LOGIN]
LOOKUP, UNWRAP = "POST sys/wrapping/lookup", "POST sys/wrapping/unwrap as wrapping"
DENIED = steps.errors(403, "permission denied")
WRAPPING = token("wrapping")
WRAPPED = {"auth": "approle", "role": "ci", "role_id": ROLE_ID, "wrapped": "yes",
           "secret_id_file": lambda world: world.file("wrapping-token", WRAPPING)}


def lookup(path="auth/approle/role/ci/secret-id"):
    return steps.answer(whole({"creation_path": path, "creation_time": "2026-01-01T00:00:00Z", "creation_ttl": 60}))


def unwrapped(data):
    return steps.answer(whole(data))


GOOD = unwrapped({"secret_id": SECRET_ID, "secret_id_accessor": "x", "secret_id_ttl": 60})
USED = ("security alert", "used before")


def alert(name, *plays, asked, result="denied", says=("security alert",)):
    return Row(name, [*plays, GIVEN, GIVEN], result, says, asked, options=WRAPPED)


UNWRAPPED = [
    Row("unwrapped", [lookup(), GOOD, LOGGED_IN, GIVEN], asked=[LOOKUP, UNWRAP, *BOTH], options=WRAPPED),
    alert("used before", steps.errors(400, "wrapping token is not valid or does not exist"), asked=[LOOKUP],
          says=(*USED, "400")),
    alert("used before, 403", DENIED, asked=[LOOKUP], says=(*USED, "403")),
    alert("used before, 404", steps.errors(404), asked=[LOOKUP], says=(*USED, "404")),
    *(alert(f"made by {path}", lookup(path), asked=[LOOKUP]) for path in (
        "cubbyhole/x", "auth/approle/role/other/secret-id", "auth/other/role/ci/secret-id",
        "auth/approle/role/ci/secret-id/x", "xauth/approle/role/ci/secret-id", "sys/wrapping/wrap", "")),
    alert("made by nobody", steps.answer(whole({})), asked=[LOOKUP]),
    alert("made by a number", lookup(3), asked=[LOOKUP]),
    alert("used meanwhile", lookup(), steps.errors(400, "wrapping token is not valid"), asked=[LOOKUP, UNWRAP],
          says=(*USED, "400")),
    Row("half a lookup", [steps.reset(), lookup(), GOOD, LOGGED_IN, GIVEN], asked=[LOOKUP, LOOKUP, UNWRAP, *BOTH],
        options=WRAPPED, least=1),
    *(alert(name, lookup(), step, asked=[LOOKUP, UNWRAP], result="unavailable", says=("not repeated",))
      for name, step in {
        "half an unwrapping": steps.reset(), "hang up behind it": steps.hang_up(),
        "an unwrapping truncated": steps.hang_up(steps.message(whole({"secret_id": SECRET_ID}))[:-20]),
        "an unwrapping, 500": steps.errors(500)}.items()),
    *(alert(name, lookup(), unwrapped(data), asked=[LOOKUP, UNWRAP], result="unavailable", says=("used up",))
      for name, data in {
        "no secret id": {}, "a secret id that is a number": {"secret_id": 3},
        "a secret id that is empty": {"secret_id": ""}, "a secret id with a NUL": {"secret_id": SECRET_ID + "\0"},
        "no data": None}.items()),
    alert("wrapped twice", lookup(), steps.answer(whole(None, wrap_info={"token": f"hvs.{CANARY}-again"})),
          asked=[LOOKUP, UNWRAP], result="misconfigured", says=("wrap",)),
    Row("a login refused behind it", [lookup(), GOOD, steps.errors(400, f"invalid {SECRET_ID}")], "denied",
        ("invalid ***",), [LOOKUP, UNWRAP, LOGIN], options=WRAPPED),
]


@pytest.mark.parametrize("fault", [steps.errors(503, "Vault is sealed"), steps.errors(429), steps.reset()],
                         ids=["503", "429", "half"])
def test_what_was_unwrapped_for_a_login_without_an_answer_is_used_for_the_next(stage, certificates, fault):
    """The token that wrapped it is used up, and would raise an alarm for nothing."""
    plays = [lookup(), GOOD, fault, LOGGED_IN, GIVEN]
    told, asked, _ = live(stage, certificates, plays, *["resolve"] * 2, options=WRAPPED)
    assert told[0].startswith("resolve: unavailable: ") and told[1] == OK
    assert asked == [LOOKUP, UNWRAP, LOGIN, *BOTH]


@pytest.mark.parametrize("home", HOMES, ids=repr)
def test_a_process_that_ends_without_an_answer_says_what_is_lost(stage, certificates, home):
    stage.install("vault")
    row = Row("", [lookup(), GOOD, steps.errors(503)], options=WRAPPED | {"retries": 0})
    with World(stage, certificates, row).open() as world:
        world.rewind()
        result, _ = world.ask(home)
    assert result.status == EXIT["unavailable"]
    assert re.search(r"/wrapping-token wraps .* any other needs a new one", result.err)


def test_what_was_unwrapped_is_used_for_no_login_after_an_answer(stage, certificates):
    plays = [lookup(), GOOD, steps.errors(400, "invalid role or secret ID")]
    told, asked, _ = live(stage, certificates, plays, *["resolve"] * 2, options=WRAPPED)
    assert told[0].startswith("resolve: denied: ") and "used for its login before" in told[1]
    assert asked == [LOOKUP, UNWRAP, LOGIN]


@pytest.mark.parametrize("row", UNWRAPPED, ids=lambda row: row.name)
def test_wrapped(stage, certificates, row):
    """The wrapping token is sent in one place: in two at once it is used up."""
    for request in play(stage, certificates, row).server.requests:
        assert TOKEN not in request.text
        if request.target == "/v1/sys/wrapping/lookup":
            assert json.loads(request.body) == {"token": WRAPPING} and request.value("X-Vault-Token") is None
        elif request.target == "/v1/sys/wrapping/unwrap":
            assert request.body == b"" and request.value("X-Vault-Token") == WRAPPING
        elif request.target == "/v1/auth/approle/login":
            assert json.loads(request.body) == {"role_id": ROLE_ID, "secret_id": SECRET_ID}
