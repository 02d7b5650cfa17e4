# SPDX-License-Identifier: MIT
"""VAULT_SRV_LOOKUP: the name service says where a server is, as for Vault's own client. The servers and the name server
are stand-ins, in a network of their own. (reference, section 3)"""

import pytest
from cloud_world import HTTPS, World
from stage import API_KEY
from vault_rows import kv2

pytestmark = [pytest.mark.both_homes, pytest.mark.no_memcheck]

ADDRESS, SERVICE = "https://vault.example", "_http._tcp.vault.example"
# The host of the address, and those that service records name.
ITSELF, NODE, OTHER = "127.0.0.3", "127.0.0.4", "127.0.0.5"
SECRET = {"GET /v1/secret/data/ai/claude": kv2()}
ON = {"VAULT_SRV_LOOKUP": "true"}


@pytest.fixture
def world(stage):
    world = World(stage, "none")
    world.serve(ITSELF, HTTPS, SECRET, "vault.example")
    world.serve(NODE, 8300, SECRET, "vault.example")
    world.serve(OTHER, 8400, SECRET, "other.example")
    world.names = {"vault.example": ITSELF, "node.example": NODE, "other.example": OTHER}
    world.services = {SERVICE: [[10, 0, 8300, "node.example"]]}
    return world


def asked_by(world, env=ON, **options):
    """Who was asked for the secret, and for services."""
    result = world.ask(env, **{"addr": ADDRESS, **options})
    assert result.status == 0, result.err
    assert result.json["secret"] == API_KEY
    for request in world.requests:
        headers = {name.lower(): value for name, value in request.get("headers", [])}
        assert headers.get("host", "vault.example").startswith("vault")
    return sorted({request["host"] for request in world.requests if request["method"] == "GET"}), \
        {request["target"] for request in world.requests if request["method"] == "SRV"}


@pytest.mark.parametrize("env", [ON, {"BAO_SRV_LOOKUP": "1"}, {**ON, "BAO_SRV_LOOKUP": "T"}], ids="+".join)
def test_a_service_record_leads_to_the_server(world, env):
    """It is asked under the name of the address, and proves itself with that."""
    assert asked_by(world, env) == ([NODE], {SERVICE})


@pytest.mark.parametrize("env", [{}, {"VAULT_SRV_LOOKUP": "false"}, {"VAULT_SRV_LOOKUP": ""},
                                 {**ON, "BAO_SRV_LOOKUP": ""}], ids=["unset", "false", "empty", "hidden"])
def test_nobody_is_asked_for_a_service_that_was_not_to_be(world, env):
    assert asked_by(world, env) == ([ITSELF], set())


def test_an_address_with_a_port_is_not_looked_up(world):
    assert asked_by(world, addr=f"{ADDRESS}:{HTTPS}") == ([ITSELF], set())
    world.names["vault.example"] = NODE
    assert asked_by(world, addr=f"{ADDRESS}:8300") == ([NODE], set())


def test_an_address_that_is_a_number_is_not_looked_up(world):
    world.services["_http._tcp.127.0.0.3"] = world.services[SERVICE]
    result = world.ask(ON, addr=f"https://{ITSELF}", server_name="vault.example")
    assert result.status == 0, result.err
    assert {request["method"] for request in world.requests} == {"GET"}


def test_an_address_without_tls_is_not_looked_up(world):
    """Who answers for the name service could read the token otherwise."""
    world.services["_http._tcp.localhost"] = [[1, 1, 8300, "node.example"]]
    result = world.ask(ON, addr="http://localhost")
    assert result.status == 75 and world.requests == []


def test_the_lowest_priority_is_taken(world):
    world.services[SERVICE] = [[20, 100, 8400, "other.example"], [10, 0, 8300, "node.example"]]
    assert asked_by(world) == ([NODE], {SERVICE})


def test_the_name_is_looked_for_in_the_domains_of_the_machine(world):
    """As any name without a domain. The certificate has the name of the address."""
    world.names["vault"] = ITSELF
    assert asked_by(world, addr="https://vault", server_name="vault.example")[0] == [NODE]


@pytest.mark.parametrize("records", [[], None, "junk", [[0, 0, 0, "node.example"]], [[0, 0, 8300, "."]],
                                     [[0, 0, 8300, "a b"]]],
                         ids=["none", "silent", "junk", "no-port", "no-service", "no-host"])
def test_without_a_service_record_the_address_is_what_it_says(world, records):
    world.services = {"another": [], SERVICE: records}
    assert asked_by(world)[0] == [ITSELF]


def test_nobody_waits_for_the_rest_of_an_answer(world):
    """The resolver would ask for it by TCP, and has no time limit there."""
    world.services[SERVICE] = {"cut": world.services[SERVICE]}
    assert asked_by(world) == ([NODE], {SERVICE})


def test_a_machine_that_asks_by_tcp_does_not_wait_either(world):
    world.search += "\noptions use-vc"
    assert asked_by(world) == ([NODE], {SERVICE})


def test_a_service_record_is_no_reason_to_trust_another_name(world):
    world.services[SERVICE] = [[1, 1, 8400, "other.example"]]
    result = world.ask(ON, addr=ADDRESS, retries=0)
    assert result.status == 78 and f"misconfigured: {ADDRESS}/v1/secret/data/ai/claude cannot be trusted" in result.err
    assert {request["method"] for request in world.requests} == {"SRV"}
    result = world.ask(ON, addr=ADDRESS, server_name="other.example")
    assert result.status == 0, result.err


def test_a_server_that_is_not_where_the_service_record_says(world):
    world.services[SERVICE] = [[1, 1, 1, "node.example"]]
    result = world.ask(ON, addr=ADDRESS, retries=0)
    assert result.status == 75
    assert "cannot be reached: Connection refused, by VAULT_SRV_LOOKUP at node.example:1; " in result.messages[0]
