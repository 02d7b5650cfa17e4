# SPDX-License-Identifier: MIT
"""vault.so over the life of a context: one login for many reads, a token that dies early, ends, or cannot be renewed,
files and variables that change meanwhile. (design, section 7; keystile-vault(8))

A fake stands in for the server, which gives leases and refusals to order; tests/programs/script.c is the application.
"""

import concurrent.futures
import datetime

import pytest
import vault_steps as steps
from stage import API_KEY, CANARY, OTHER_KEY, SCRIPT, debug, entry, fingerprint
from vault_rows import (APPROLE, GIVEN, HOMES, LOGGED_IN, LOGIN, PATH, READ, READ_BY_LOGIN, SECRET_ID, TOKEN, Row,
                        World, check_request, described, kv2, login, token, whole)

OK = f"resolve: ok: {fingerprint(API_KEY)}"
SECOND = steps.answer(login("second"))
READ_BY_SECOND = "GET secret/data/ai/claude as second"
RENEW = "POST auth/token/renew-self as login"
DENIED = steps.errors(403, "permission denied")
# Such a lease is renewed behind two thirds of it and a little more, by chance, and is not used in its last second.
LEASE_S, DUE_S, OVER_S = 8, 6.0, 7.1
SHORT_LEASE = steps.answer(login(lease_duration=LEASE_S))
SHORT_LIVED = steps.answer(login(lease_duration=LEASE_S, renewable=False))
# Waits for leases to run out: nothing is learnt from a process that is ten times as slow.
TIMED = pytest.mark.no_memcheck


def wait(seconds):
    return f"run=sleep {seconds}"


def live_once(stage, certificates, plays, actions, options, home):
    """In one home. The service has a name of its own, for the other home may be at work meanwhile."""
    service = home.get("at_isolate", "own")
    with World(stage, certificates, Row("", plays)).open() as world:
        world.rewind()
        made = {"addr": world.server.url, "path": PATH, "kv_version": 2, "retries": 0} | world.made(options) | home
        stage.write(entry("vault", control="binding", **made), debug(secret=OTHER_KEY), service=service)
        result = stage.run_once(f"open={service}", *actions, command=SCRIPT, env={"VAULT_TOKEN": TOKEN})
        assert (result.status, result.err) == (0, "")
        for request in world.server.requests:
            check_request(request, True)
        told = [line.replace(world.server.url, "{url}").replace(f"{service}.conf", "")
                for line in result.out.splitlines()[1:]]
        return told, [described(request) for request in world.server.requests], \
            [request.body.decode() for request in world.server.requests]


def live(stage, certificates, plays, *actions, options=APPROLE):
    """What each action came to, what was asked, and what was sent with it: in each home, and the same in all. Those
    that wait do so together."""
    stage.install("vault")
    workers = len(HOMES) if any("sleep" in action for action in actions) else 1
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(lambda home: live_once(stage, certificates, plays, actions, options, home), HOMES))
    for other in found:
        assert other == found[0], f"a module answers otherwise in a process of its own: {other}, not {found[0]}"
    return found[0]


def test_one_login_for_many_reads(stage, certificates):
    told, asked, _ = live(stage, certificates, [LOGGED_IN, *[GIVEN] * 10], *["resolve"] * 10)
    assert told == [OK] * 10 and asked == [LOGIN, *[READ_BY_LOGIN] * 10]


def test_threads_share_one_login(stage, certificates):
    _, asked, _ = live(stage, certificates, [LOGGED_IN, *[GIVEN] * 8], "threads=8")
    assert asked == [LOGIN, *[READ_BY_LOGIN] * 8]


def test_each_read_is_read_anew(stage, certificates):
    other = steps.answer(kv2({"api_key": OTHER_KEY}))
    told, _, _ = live(stage, certificates, [LOGGED_IN, GIVEN, other], "resolve", "resolve")
    assert told == [OK, f"resolve: ok: {fingerprint(OTHER_KEY)}"]


# --- a token that dies early ----------------------------------------------------------------------------------------

def test_there_is_one_new_login_where_a_token_died(stage, certificates):
    told, asked, _ = live(stage, certificates, [LOGGED_IN, GIVEN, DENIED, SECOND, GIVEN, GIVEN], *["resolve"] * 3)
    assert told == [OK] * 3
    assert asked == [LOGIN, READ_BY_LOGIN, READ_BY_LOGIN, LOGIN, READ_BY_SECOND, READ_BY_SECOND]


def test_there_is_no_second_new_login(stage, certificates):
    told, asked, _ = live(stage, certificates, [LOGGED_IN, GIVEN, DENIED, SECOND, DENIED], "resolve", "resolve")
    assert told[0] == OK and told[1].startswith("resolve: denied: ")
    assert asked == [LOGIN, READ_BY_LOGIN, READ_BY_LOGIN, LOGIN, READ_BY_SECOND]


def test_a_refused_login_is_asked_for_anew(stage, certificates):
    """Nothing of it is kept: what was wrong may have been put right."""
    told, asked, _ = live(stage, certificates, [steps.errors(400, "invalid"), LOGGED_IN, GIVEN], "resolve", "resolve")
    assert told[0].startswith("resolve: denied: ") and told[1] == OK
    assert asked == [LOGIN, LOGIN, READ_BY_LOGIN]


@pytest.mark.parametrize("fault", [
    steps.errors(503), steps.hang_up(steps.message(kv2())[:-9]), steps.answer(b"<html>")],
    ids=["503", "truncated", "no JSON"])
def test_a_read_that_fails_costs_no_login(stage, certificates, fault):
    told, asked, _ = live(stage, certificates, [LOGGED_IN, GIVEN, fault, GIVEN], "resolve", "resolve", "resolve")
    assert told[0] == told[2] == OK and told[1].startswith("resolve: unavailable: ")
    assert asked == [LOGIN, *[READ_BY_LOGIN] * 3]


def test_a_static_token_that_is_refused_is_not_sent_again(stage, certificates):
    told, asked, _ = live(stage, certificates, [GIVEN, DENIED], "resolve", "resolve", options={})
    assert told[0] == OK and told[1].startswith("resolve: denied: ") and asked == [READ] * 2


# --- leases ---------------------------------------------------------------------------------------------------------

@TIMED
def test_a_token_is_renewed_in_time(stage, certificates):
    renewed = steps.answer(login(lease_duration=3600))
    told, asked, bodies = live(stage, certificates, [SHORT_LEASE, GIVEN, renewed, GIVEN, GIVEN],
                               "resolve", wait(DUE_S), "resolve", "resolve")
    assert told == [OK] * 3 and asked == [LOGIN, READ_BY_LOGIN, RENEW, READ_BY_LOGIN, READ_BY_LOGIN]
    assert bodies[2] == f'{{"increment":{LEASE_S}}}'


@TIMED
@pytest.mark.parametrize("refusal", [DENIED, steps.errors(400, "lease is not renewable")], ids=["403", "400"])
def test_a_token_that_may_not_be_renewed_is_followed_by_another(stage, certificates, refusal):
    told, asked, _ = live(stage, certificates, [SHORT_LEASE, GIVEN, refusal, SECOND, GIVEN], "resolve", wait(DUE_S),
                          "resolve")
    assert told == [OK] * 2 and asked == [LOGIN, READ_BY_LOGIN, RENEW, LOGIN, READ_BY_SECOND]


@TIMED
def test_a_token_at_its_maximum_is_followed_by_another(stage, certificates):
    """The server gives what is left of it, and that is no more."""
    capped = steps.answer(login(lease_duration=2))
    told, asked, _ = live(stage, certificates, [SHORT_LEASE, GIVEN, capped, GIVEN, SECOND, GIVEN],
                          "resolve", wait(DUE_S), "resolve", wait(1.6), "resolve")
    assert told == [OK] * 3
    assert asked == [LOGIN, READ_BY_LOGIN, RENEW, READ_BY_LOGIN, LOGIN, READ_BY_SECOND]


@TIMED
def test_a_token_that_cannot_be_renewed_is_followed_by_another(stage, certificates):
    told, asked, _ = live(stage, certificates, [SHORT_LIVED, GIVEN, GIVEN, SECOND, GIVEN], "resolve", "resolve",
                          wait(DUE_S), "resolve")
    assert told == [OK] * 3 and asked == [LOGIN, READ_BY_LOGIN, READ_BY_LOGIN, LOGIN, READ_BY_SECOND]


@TIMED
@pytest.mark.parametrize("fault", [steps.errors(500), steps.errors(400, "invalid")], ids=["500", "400"])
def test_the_old_token_is_used_while_it_is_good(stage, certificates, fault):
    """The login for a new one comes early, so it may fail."""
    told, asked, _ = live(stage, certificates, [SHORT_LIVED, GIVEN, fault, GIVEN], "resolve", wait(DUE_S),
                          "resolve")
    assert told == [OK] * 2 and asked == [LOGIN, READ_BY_LOGIN, LOGIN, READ_BY_LOGIN]


@TIMED
def test_a_token_that_has_ended_is_not_sent(stage, certificates):
    told, asked, _ = live(stage, certificates, [SHORT_LEASE, GIVEN, SECOND, GIVEN], "resolve", wait(OVER_S), "resolve")
    assert told == [OK] * 2 and asked == [LOGIN, READ_BY_LOGIN, LOGIN, READ_BY_SECOND]


@TIMED
@pytest.mark.parametrize("fault", [steps.errors(503), steps.answer(b"<html>")], ids=["503", "no JSON"])
def test_a_renewal_that_fails_is_no_reason_to_fail(stage, certificates, fault):
    told, asked, _ = live(stage, certificates, [SHORT_LEASE, GIVEN, fault, GIVEN], "resolve", wait(DUE_S), "resolve")
    assert told == [OK] * 2 and asked == [LOGIN, READ_BY_LOGIN, RENEW, READ_BY_LOGIN]


@pytest.mark.parametrize("uses, logins", [(1, 3), (2, 2), (0, 1)])
def test_a_token_is_used_as_often_as_it_may_be(stage, certificates, uses, logins):
    one = [steps.answer(login(num_uses=uses)), *[GIVEN] * (uses or 3)]
    told, asked, _ = live(stage, certificates, one * 3, *["resolve"] * 3)
    assert told == [OK] * 3 and asked.count(LOGIN) == logins and asked.count(READ_BY_LOGIN) == 3


def test_a_batch_token_is_not_renewed(stage, certificates):
    """It lasts for an hour, and no request asks how long."""
    batch = steps.answer(login(token_type="batch", renewable=False, accessor=""))
    told, asked, _ = live(stage, certificates, [batch, GIVEN, GIVEN], "resolve", "resolve")
    assert told == [OK] * 2 and asked == [LOGIN, READ_BY_LOGIN, READ_BY_LOGIN]


def test_a_token_that_is_revoked_each_time_is_made_each_time(stage, certificates):
    revoked = steps.answer(b"", 200)
    told, asked, _ = live(stage, certificates, [LOGGED_IN, GIVEN, revoked, SECOND, GIVEN, revoked],
                          "resolve", "resolve", options=APPROLE | {"revoke": "yes"})
    assert told == [OK] * 2
    assert asked == [LOGIN, READ_BY_LOGIN, "POST auth/token/revoke-self as login", LOGIN, READ_BY_SECOND,
                     "POST auth/token/revoke-self as second"]


# --- what changes meanwhile -----------------------------------------------------------------------------------------

def replaced(stage, name, text):
    """Another file in the place of one, as an agent does it."""
    new = stage.folder / "new"
    return f"run=printf %s {text} >{new}; chmod 600 {new}; mv {new} {stage.home / name}"


def test_the_secret_id_is_read_at_each_login(stage, certificates):
    other = SECRET_ID.replace("secret", "other")
    told, _, bodies = live(stage, certificates, [LOGGED_IN, GIVEN, DENIED, SECOND, GIVEN], "resolve",
                           replaced(stage, "secret-id", other), "resolve")
    assert told == [OK] * 2 and SECRET_ID in bodies[0] and other in bodies[3]


def test_the_token_is_read_each_time(stage, certificates):
    options = {"token_file": lambda world: world.file("token", token("one"))}
    told, asked, _ = live(stage, certificates, [GIVEN, GIVEN],
                          "resolve", replaced(stage, "token", token("two")), "resolve", options=options)
    assert told == [OK] * 2 and [line.rpartition(" ")[2] for line in asked] == ["one", "two"]


def test_a_token_is_no_other_namespaces(stage, certificates):
    told, asked, _ = live(stage, certificates, [LOGGED_IN, GIVEN, SECOND, GIVEN],
                          "resolve", "set=VAULT_NAMESPACE=team", "resolve")
    assert told == [OK] * 2 and asked == [LOGIN, READ_BY_LOGIN, LOGIN, READ_BY_SECOND]


# --- cache= ---------------------------------------------------------------------------------------------------------

CACHED = {"cache": "1m"}


def test_what_is_kept_is_not_asked_for(stage, certificates):
    told, asked, _ = live(stage, certificates, [GIVEN], *["resolve"] * 5, options=CACHED)
    assert told == [OK] * 5 and asked == [READ]


def test_what_was_refused_is_asked_for_anew(stage, certificates):
    other = steps.answer(kv2({"api_key": OTHER_KEY}))
    told, asked, _ = live(stage, certificates, [GIVEN, other], "resolve", "invalidate", "resolve", options=CACHED)
    assert told == [OK, f"resolve: ok: {fingerprint(OTHER_KEY)}"] and asked == [READ] * 2


@pytest.mark.parametrize("change", ["VAULT_NAMESPACE=team", f"VAULT_TOKEN={token('other')}"],
                         ids=["namespace", "token"])
def test_what_is_kept_is_nobody_elses(stage, certificates, change):
    told, asked, _ = live(stage, certificates, [GIVEN, DENIED], "resolve", f"set={change}", "resolve", options=CACHED)
    assert told[0] == OK and told[1].startswith("resolve: denied: ") and len(asked) == 2


ENDS = {"expires_field": "until"}


@pytest.mark.parametrize("fields, options, outcome", [
    ({"key": API_KEY}, {}, "misconfigured"), ({"api_key": 5}, {}, "invalid"),
    ({"api_key": f"sk-ant-admin01-{CANARY}".ljust(108, "x")}, {}, "invalid"),
    ({"api_key": API_KEY, "until": "2020-01-01T00:00:00Z"}, ENDS, "expired"),
], ids=["missing", "number", "admin", "expired"])
def test_what_gave_no_credential_is_not_kept(stage, certificates, fields, options, outcome):
    mended = steps.answer(kv2({"api_key": API_KEY, "until": "2099-01-01T00:00:00Z"}))
    told, asked, _ = live(stage, certificates, [steps.answer(kv2(fields)), mended], *["resolve"] * 3,
                          options=CACHED | options)
    assert told[0].startswith(f"resolve: {outcome}: ") and told[1:] == [OK] * 2 and asked == [READ] * 2


def test_what_is_kept_is_read_anew_before_it_ends(stage, certificates):
    """Whoever rotates it has the next one there in time."""
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=25)
    old = steps.answer(kv2({"api_key": API_KEY, "until": soon.isoformat(timespec="seconds")}))
    new = steps.answer(kv2({"api_key": OTHER_KEY, "until": "2099-01-01T00:00:00Z"}))
    told, asked, _ = live(stage, certificates, [old, new], *["resolve"] * 3, options=CACHED | ENDS)
    assert told == [OK, *[f"resolve: ok: {fingerprint(OTHER_KEY)}"] * 2] and asked == [READ] * 2


@TIMED
def test_a_lease_of_version_1_is_no_longer_than_it_says(stage, certificates):
    first, second = (steps.answer(whole({"api_key": key}, lease_duration=3)) for key in (API_KEY, OTHER_KEY))
    told, asked, _ = live(stage, certificates, [first, second], "resolve", "resolve", wait(2.5), "resolve",
                          options=CACHED | {"kv_version": 1})
    assert told == [OK, OK, f"resolve: ok: {fingerprint(OTHER_KEY)}"] and len(asked) == 2


@TIMED
@pytest.mark.parametrize("fault, is_kept", [(steps.errors(503), True), (DENIED, False), (steps.errors(404), False)],
                         ids=["503", "403", "404"])
def test_what_is_kept_bridges_an_outage_and_no_refusal(stage, certificates, fault, is_kept):
    told, asked, _ = live(stage, certificates, [GIVEN, fault], "resolve", wait(4.2), "resolve",
                          options={"cache": "6s"})
    assert told[0] == OK and (told[1] == OK) == is_kept and asked == [READ] * 2
