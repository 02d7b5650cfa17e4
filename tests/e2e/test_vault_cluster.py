# SPDX-License-Identifier: MIT
"""vault.so and a cluster of three real servers: standbys, redirects, a leader that is killed or steps down, a node
that is sealed. Whatever happens, it is the right credential or none. (design, section 7)"""

import contextlib
import time

import pytest
from bao_cluster import wait_until
from bao_program import POLL_SECONDS
from stage import API_KEY, OTHER_KEY, SCRIPT, debug
from vault_front import Front
from vault_logins import AppRole
from vault_relay import Relay
from vault_script import ok, pauses

pytestmark = [pytest.mark.own_vault, pytest.mark.xdist_group("cluster")]

# What comes next, and is never to be given.
LATER = debug(secret=OTHER_KEY)
BY_HAND = {"X_Vault_No_Request_Forwarding": "true"}
# What a run takes on a busy machine, beside what it waits for.
SLACK_SECONDS = 10
# A standby is seen to ask for patience in most of so many.
NEW_MOUNTS = 4
PATIENT_RETRIES = 10
# How often every node is to know a login.
AGAIN = 3
PROCESSES = 8
READS = 60
# For processes that read all the time and do nothing else.
READING_SECONDS = 120


def everywhere(stage, secret, token):
    """Waits until every node knows the secret, and the token that reads it."""
    stage.server.wait_for_all(lambda node: node.api.ask("GET", secret.api_path, token=token).status == 200)


@pytest.fixture
def secret(clustered):
    """One whose reader's token every node knows; `token` is the file with that."""
    secret = clustered.secret()
    token = clustered.tenant.reader(secret)
    clustered.token_file(token)
    everywhere(clustered, secret, token)
    return secret


def by_token(stage, secret, **options):
    """Writes a stack whose first entry reads with that token, and binds."""
    stage.login_by(secret, LATER, **{"control": "binding", "token_file": stage.home / "token", **options})


@pytest.fixture
def role(clustered, secret):
    return AppRole(clustered, secret)


def by_login(stage, secret, role, **options):
    """The same with a login, by a secret id that every node knows."""
    secret_id = role.secret_id()
    body = {"role_id": role.role_id, "secret_id": secret_id}
    # a standby may have asked the active node first, and know less when it answers by itself
    for _ in range(AGAIN):
        stage.server.wait_for_all(lambda node: node.api.ask("POST", f"auth/{role.mount}/login", body).status == 200)
        time.sleep(POLL_SECONDS)
    # it asks for patience, too, until it knows a token that the active node gave
    by_token(stage, secret, token_file=None, **{"retries": PATIENT_RETRIES, **role.options(secret_id), **options})


# --- standbys -------------------------------------------------------------------------------------------------------

def forwards(cluster, standby, secret):
    """Whether a standby asks the active node for the secret: they all do while a mount is new."""
    before = cluster.active.count(secret.api_path)
    standby.api.read(secret.api_path)
    return cluster.active.count(secret.api_path) > before


@pytest.mark.both_homes
def test_a_standby_reads_by_itself(clustered, cluster, secret):
    standby = cluster.forwarder() and cluster.standbys[0]
    by_token(clustered, secret, addr=standby.address)
    wait_until(lambda: not forwards(cluster, standby, secret))
    before = cluster.active.count(secret.api_path)
    assert clustered.json()["secret"] == API_KEY
    assert cluster.active.count(secret.api_path) == before


@pytest.mark.both_homes
def test_a_standby_forwards(clustered, cluster, secret):
    standby = cluster.forwarder()
    by_token(clustered, secret, addr=standby.address)
    before = cluster.active.count(secret.api_path)
    assert clustered.json()["secret"] == API_KEY
    assert cluster.active.count(secret.api_path) > before


def test_a_standby_forwards_a_login(clustered, cluster, secret, role):
    for standby in cluster.standbys:
        by_login(clustered, secret, role, addr=standby.address)
        assert clustered.json()["secret"] == API_KEY


def test_a_mount_is_read_at_a_standby_as_soon_as_it_is_there(clustered, cluster):
    """Until the active node has made it ready, a standby asks everybody to wait; it looks once a second, and on a busy
    machine that is more often than the client asks again by itself."""
    token = clustered.token_file(cluster.api.token)
    for _ in range(NEW_MOUNTS):
        new, standby = clustered.secret(), cluster.standbys[0]
        by_token(clustered, new, token_file=token, kv_version=2, addr=standby.address, retries=PATIENT_RETRIES)
        result = clustered.get()
        missed = cluster.wait_for_all(lambda node, new=new: node.api.ask("GET", new.api_path).status == 200)
        assert result.out == f"{API_KEY}\n" or standby in missed, result.err


# --- redirects ------------------------------------------------------------------------------------------------------

@pytest.fixture
def standby(cluster):
    """A standby with forwarding off, for everything that is asked of it."""
    with Front(cluster.forwarder(), cluster.identity, **BY_HAND) as front:
        yield front


@pytest.mark.both_homes
@pytest.mark.parametrize("redirects", [None, "same-host", "none", "elsewhere.example", "127.0.0.1:1"],
                         ids=["not-given", "same-host", "none", "another-host", "another-port"])
def test_a_redirect_is_not_followed(clustered, cluster, secret, standby, redirects):
    """It is to another port, which is another host's as far as anybody knows."""
    by_token(clustered, secret, addr=standby.address, kv_version=2, redirects=redirects)
    active = cluster.active
    before = active.count(secret.api_path)
    outcome, text = clustered.refused()
    assert outcome == "misconfigured"
    assert f"redirects to {active.host} (307)" in text and "redirects=" in text
    assert standby.address in text and secret.api_path in text
    assert set(standby.asked) == {("GET", secret.api_path)}
    assert active.count(secret.api_path) == before


@pytest.mark.both_homes
def test_a_login_does_not_follow_a_redirect(clustered, cluster, secret, role, standby):
    by_login(clustered, secret, role, addr=standby.address)
    path = f"auth/{role.mount}/login"
    before = cluster.active.count(path)
    outcome, text = clustered.refused()
    assert outcome == "misconfigured" and cluster.active.host in text
    assert set(standby.asked) == {("POST", path)}
    assert cluster.active.count(path) == before


@pytest.mark.both_homes
def test_a_redirect_is_followed_to_a_host_that_is_allowed(clustered, cluster, secret, standby):
    by_token(clustered, secret, addr=standby.address, redirects=f"elsewhere.example,{cluster.active.host}")
    assert clustered.json()["secret"] == API_KEY


@pytest.mark.both_homes
def test_a_login_follows_a_redirect_to_a_host_that_is_allowed(clustered, cluster, secret, role, standby):
    by_login(clustered, secret, role, addr=standby.address, redirects=cluster.hosts)
    assert clustered.json()["secret"] == API_KEY


# --- consistency ----------------------------------------------------------------------------------------------------

def indexes(front):
    """The X-Vault-Index that each request had, and that of the first answer."""
    return [request.sent.get("X-Vault-Index") for request in front.requests], \
        front.requests[0].answered["X-Vault-Index"]


@pytest.mark.both_homes
def test_reads_carry_the_index_of_the_login(clustered, cluster, secret, role):
    for node in (cluster.active, *cluster.standbys):
        with Front(node, cluster.identity) as front:
            by_login(clustered, secret, role, addr=front.address)
            assert clustered.json()["secret"] == API_KEY
        sent, index = indexes(front)
        assert index and sent[:3] == [None, index, index]


@pytest.mark.both_homes
def test_reads_without_a_login_carry_no_index(clustered, cluster, secret):
    with Front(cluster.active, cluster.identity) as front:
        by_token(clustered, secret, addr=front.address)
        assert clustered.json()["secret"] == API_KEY
    sent, index = indexes(front)
    assert index and not any(sent)


# --- a leader that is no more ---------------------------------------------------------------------------------------

def places(cluster):
    """What a load balancer tries, one after the other."""
    return [node.place for node in cluster.nodes]


def is_right_or_unavailable(result):
    """Nothing else may come of an outage."""
    if result.status == 0:
        return result.out == f"{API_KEY}\n"
    return result.status == 75 and "vault.so: unavailable: " in result.err


# A connection, two pieces each way to make it safe, and a request; behind the fourth it may be over.
@pytest.mark.parametrize("moment", range(6))
def test_a_leader_killed_in_a_read(clustered, cluster, secret, moment):
    """Nobody else is asked."""
    active = cluster.active
    with Relay(lambda: [active.place], moment, active.kill) as relay:
        by_token(clustered, secret, addr=relay.address, kv_version=2)
        result = clustered.get()
    assert is_right_or_unavailable(result)
    assert relay.has_come or moment > 4
    assert relay.has_come == (not active.is_alive)


@pytest.mark.parametrize("moment", range(0, 12, 2))
def test_a_leader_killed_in_a_login_and_a_read(clustered, cluster, secret, role, moment):
    """Behind a load balancer, which then has the others."""
    active = cluster.active
    with Relay(lambda: [active.place, *places(cluster)], moment, active.kill) as relay:
        by_login(clustered, secret, role, addr=relay.address, redirects=cluster.hosts)
        result = clustered.get()
    assert is_right_or_unavailable(result)
    assert relay.has_come or moment > 8


def test_a_standby_sends_on_to_a_leader_that_has_just_died(clustered, cluster, secret):
    """It is asked until there is another leader: no redirect has to be allowed for that."""
    standby = cluster.forwarder()
    by_token(clustered, secret, addr=standby.address, kv_version=2, retries=9)
    cluster.active.kill()
    assert clustered.json()["secret"] == API_KEY



def test_a_leader_is_killed_and_the_next_answers(clustered, cluster, secret, role):
    """In one context, and without a new login."""
    with Relay(lambda: places(cluster)) as relay:
        by_login(clustered, secret, role, addr=relay.address, redirects=cluster.hosts)
        with pauses(clustered, 2) as program:
            assert program.resolve() == ok(API_KEY)
            logins = sum(node.count(f"auth/{role.mount}/login") for node in cluster.nodes)
            cluster.active.kill()
            assert cluster.active.is_alive
            assert program.resolve() == ok(API_KEY)
    assert sum(node.count(f"auth/{role.mount}/login") for node in cluster.nodes) == logins


def test_eight_processes_read_while_the_leader_steps_down(clustered, cluster, secret):
    cluster.begin_anew()
    with contextlib.ExitStack() as stack:
        readers = []
        for number in range(PROCESSES):
            node = cluster.nodes[number % len(cluster.nodes)]
            clustered.write(clustered.entry(secret, control="binding", token_file=clustered.home / "token",
                                            addr=node.address, redirects=cluster.hosts), LATER, service=f"s{number}")
            words = [f"open=s{number}", "wait", *["resolve", "run=sleep 0.1"] * READS, "resolve", "close"]
            readers.append(stack.enter_context(clustered.popen(*words, command=SCRIPT, text=True)))
        for reader in readers:
            reader.stdin.write("\n")
            reader.stdin.flush()
        old = cluster.active
        cluster.step_down()
        wait_until(lambda: cluster.active is not old)
        told = [reader.communicate(timeout=READING_SECONDS)[0].splitlines() for reader in readers]
    for lines in told:
        answers = [line.removeprefix("resolve: ") for line in lines if line.startswith("resolve: ")]
        assert len(answers) == READS + 1 and answers[-1] == ok(API_KEY)
        assert {answer for answer in answers if answer != ok(API_KEY) and "unavailable" not in answer} == set()


# --- sealed ---------------------------------------------------------------------------------------------------------

@pytest.mark.both_homes
def test_a_sealed_node_is_unavailable_before_its_deadline(clustered, cluster, secret):
    node = cluster.standbys[0]
    cluster.restart(node)
    by_token(clustered, secret, addr=node.address, at_timeout="5s", retries=0)
    begin = time.monotonic()
    outcome, text = clustered.refused()
    assert outcome == "unavailable" and "503" in text and "sealed" in text
    assert time.monotonic() - begin < SLACK_SECONDS


def test_a_node_is_restarted_and_unsealed_behind_one_context(clustered, cluster, secret):
    node = cluster.standbys[0]
    by_token(clustered, secret, addr=node.address, at_timeout="5s")
    with pauses(clustered, 4) as program:
        assert program.resolve() == ok(API_KEY)
        node.kill()
        assert "unavailable" in program.resolve()
        node.start()
        assert "unavailable" in program.resolve()
        cluster.mend()
        assert program.resolve() == ok(API_KEY)


def test_the_leader_is_sealed_behind_one_context(clustered, cluster, secret, role):
    node = cluster.active
    by_login(clustered, secret, role, addr=node.address, at_timeout="5s")
    with pauses(clustered, 3) as program:
        assert program.resolve() == ok(API_KEY)
        cluster.seal()
        assert "unavailable" in program.resolve()
        cluster.mend()
        assert program.resolve() == ok(API_KEY)


# --- revoked behind our back ----------------------------------------------------------------------------------------

def test_a_token_of_a_login_that_was_revoked_is_replaced(clustered, cluster, secret, role):
    """At a standby, which learns of it from the active node."""
    with Front(cluster.standbys[0], cluster.identity) as front:
        by_login(clustered, secret, role, addr=front.address, kv_version=2)
        with pauses(clustered, 2) as program:
            assert program.resolve() == ok(API_KEY)
            token = front.requests[-1].sent["X-Vault-Token"]
            cluster.api.write("auth/token/revoke", token=token)
            wait_until(lambda: refuse(cluster, secret, token))
            front.requests.clear()
            assert program.resolve() == ok(API_KEY)
        login, read = ("POST", f"auth/{role.mount}/login"), ("GET", secret.api_path)
        # the standby may ask for patience until it knows the new one
        assert front.asked[:3] == [read, login, read] and set(front.asked[3:]) <= {read}
        assert front.requests[-1].sent["X-Vault-Token"] != token


def refuse(cluster, secret, token):
    """Whether every node does."""
    return all(node.api.ask("GET", secret.api_path, token=token).status == 403 for node in cluster.nodes)


def test_a_token_that_was_given_and_revoked_is_denied(clustered, cluster, secret):
    by_token(clustered, secret, addr=cluster.standbys[0].address)
    token = (clustered.home / "token").read_text("utf-8").strip()
    with pauses(clustered, 2) as program:
        assert program.resolve() == ok(API_KEY)
        cluster.api.write("auth/token/revoke", token=token)
        wait_until(lambda: refuse(cluster, secret, token))
        assert program.resolve().startswith("denied: ")
    assert clustered.refused()[0] == "denied"
