# SPDX-License-Identifier: MIT
"""auth=azure, before stand-ins at the addresses of Azure: neither the Vault here nor the machine is real. (design,
section 7)"""

import json

import pytest
from cloud_world import HTTP, METADATA, World
from stage import CANARY, PREFIX

pytestmark = [pytest.mark.both_homes, pytest.mark.no_memcheck]

JWT = f"eyJ{CANARY}.azure.signature"
MANAGEMENT = "https%3A//management.azure.com/"
TOKEN = f"GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource={MANAGEMENT}"
INSTANCE = "GET /metadata/instance?api-version=2021-05-01"
COMPUTE = {"name": "vm-1", "vmScaleSetName": "", "subscriptionId": "11111111-2222", "resourceGroupName": "ai (prod)",
           "location": "westeurope"}
MACHINE = {"subscription_id": "11111111-2222", "resource_group_name": "ai (prod)", "vm_name": "vm-1"}


@pytest.fixture
def world(stage):
    world = World(stage, "azure")
    world.serve(METADATA, HTTP, {TOKEN: {"access_token": JWT, "expires_in": "3599", "token_type": "Bearer"},
                                 INSTANCE: {"compute": COMPUTE, "network": {}}})
    return world


def answer(world, name, value):
    world.servers[1]["table"][name] = value


@pytest.mark.parametrize("changes, machine", [
    ({}, MACHINE),
    ({"vmScaleSetName": "set-1"}, {**MACHINE, "vmss_name": "set-1"}),
    ({"name": "", "vmScaleSetName": "set-1"},
     {"subscription_id": "11111111-2222", "resource_group_name": "ai (prod)", "vmss_name": "set-1"}),
    ({"resourceGroupName": "künstlich"}, {**MACHINE, "resource_group_name": "künstlich"}),
], ids=["machine", "both", "set", "umlaut"])
def test_a_stand_in_for_a_machine_of_azure_says_which_it_is(world, changes, machine):
    answer(world, INSTANCE, {"compute": {**COMPUTE, **changes}})
    result = world.ask({"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}, role="ci")
    assert result.status == 0, result.err
    assert world.logins
    for body in world.logins:
        assert body == {"role": "ci", "jwt": JWT, **machine}
    for request in world.requests:
        assert request["host"] != METADATA or ["Metadata", "true"] in request["headers"]


def test_a_stand_in_for_a_machine_of_azure_is_told_whom_the_token_is_for(world):
    answer(world, TOKEN.replace(MANAGEMENT, "api%3A//vault%26more"), {"access_token": JWT})
    answer(world, TOKEN, ["another one", 400])
    result = world.ask(role="ci", azure_resource="api://vault&more")
    assert result.status == 0, result.err


def told_of(world):
    """What is said of a login that fails before it is made."""
    result = world.ask(role="ci")
    assert world.logins == [] and result.status != 0
    return result.messages[0].removeprefix(PREFIX)


IDENTITY, WHICH = "/metadata/identity/oauth2/token", "/metadata/instance"
NOT_FOUND = {"error": "invalid_request", "error_description": "Identity not found"}


@pytest.mark.parametrize("name, value, outcome, says", [
    (TOKEN, [NOT_FOUND, 400], "denied", f"{IDENTITY} answered 400: " + json.dumps(NOT_FOUND)),
    (TOKEN, ["busy", 429], "unavailable", f"{IDENTITY} answered 429: busy"),
    (TOKEN, ["broken", 500], "unavailable", f"{IDENTITY} answered 500: broken"),
    (TOKEN, {"token_type": "Bearer"}, "unavailable", f"{IDENTITY} answered without access_token"),
    (TOKEN, {"access_token": f"{CANARY} {CANARY}"}, "unavailable", f"{IDENTITY} answered without access_token that"),
    (TOKEN, "<html>", "unavailable", f"{IDENTITY} did not answer with a JSON object"),
    (TOKEN, "", "unavailable", f"{IDENTITY} did not answer with a JSON object"),
    (INSTANCE, ["gone", 410], "denied", f"{WHICH} answered 410: gone"),
    (INSTANCE, {"compute": {**COMPUTE, "subscriptionId": ""}}, "unavailable", f"{WHICH} answered without saying"),
    (INSTANCE, {"compute": {**COMPUTE, "resourceGroupName": 7}}, "unavailable", f"{WHICH} answered without saying"),
    (INSTANCE, {"compute": "vm-1"}, "unavailable", f"{WHICH} answered without saying which machine"),
    (INSTANCE, {}, "unavailable", f"{WHICH} answered without saying which machine this is"),
    (INSTANCE, "{\"compute\": {\"name\": ", "unavailable", f"{WHICH} did not answer with a JSON object"),
], ids=["no-identity", "busy", "broken", "no-token", "blank", "page", "nothing", "gone", "no-subscription", "number",
        "text", "empty", "half"])
def test_a_stand_in_for_a_machine_of_azure_goes_wrong(world, name, value, outcome, says):
    answer(world, name, value)
    told = told_of(world)
    assert f": {outcome}: http://{METADATA}{says}" in told, told


def test_this_is_no_machine_of_azure(world):
    """Its address is there, and nobody listens; then the address is not there either."""
    world.servers[1]["port"] = HTTP + 1
    for _ in range(2):
        told = told_of(world)
        assert f": unavailable: http://{METADATA}{IDENTITY} cannot be reached: " in told
        assert "is a machine of Azure" in told
        world.servers.pop()
