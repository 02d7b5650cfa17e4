# SPDX-License-Identifier: MIT
"""vault.so by way of a real `bao agent` or `bao proxy` on a unix socket, which adds a token of its own. (design,
section 7)"""

import pytest
from bao_agent import Agent
from stage import API_KEY
from vault_logins import AppRole, approle
from vault_stage import HOMES

pytestmark = pytest.mark.both_homes

NOWHERE = "https://127.0.0.1:1"
COMMANDS = pytest.mark.parametrize("command", ["agent", "proxy"])


@pytest.fixture
def secret(vault):
    return vault.secret()


@pytest.fixture
def start(vault, secret):
    """Starts one, which may read the secret."""
    def start(command="agent", reads=secret, **options):
        role = AppRole(vault, reads)
        return vault.meanwhile(Agent(vault.folder, vault.server, role.mount, role.role_id, role.secret_id(), command,
                                     **options))
    return start


def through(vault, secret, agent, **options):
    vault.login_by(secret, addr=agent.address, ca_file=None, **options)


@COMMANDS
@pytest.mark.parametrize("auth", [None, "none"])
@pytest.mark.parametrize("wants_header", [False, True], ids=["", "wants-header"])
def test_no_token_is_needed(vault, secret, start, command, auth, wants_header):
    through(vault, secret, start(command, wants_header=wants_header), auth=auth)
    found = vault.json()
    assert found["secret"] == API_KEY
    assert f"{vault.folder}/agent.sock" in found["source"] and "?" not in found["source"]


@pytest.mark.parametrize("name", ["VAULT_ADDR", "BAO_ADDR", "VAULT_AGENT_ADDR", "BAO_AGENT_ADDR"])
def test_an_address_of_the_environment(vault, secret, start, name):
    agent = start()
    vault.login_by(secret, addr=None, ca_file=None)
    assert vault.json(env={name: agent.address})["secret"] == API_KEY


def test_the_address_of_an_agent_goes_before_that_of_a_server(vault, secret, start):
    agent = start()
    vault.login_by(secret, addr=None, ca_file=None)
    assert vault.json(env={"VAULT_ADDR": NOWHERE, "VAULT_AGENT_ADDR": agent.address})["secret"] == API_KEY


def test_the_address_of_the_entry_goes_before_both(vault, secret, start):
    through(vault, secret, start())
    assert vault.json(env={"VAULT_ADDR": NOWHERE, "VAULT_AGENT_ADDR": "unix:///nowhere"})["secret"] == API_KEY


@COMMANDS
def test_what_its_token_may_not(vault, secret, start, command):
    through(vault, secret, start(command, reads=vault.secret()))
    outcome, text = vault.refused()
    assert outcome == "denied" and f'path "{secret.api_path}" {{ capabilities = ["read"] }}' in text


def test_one_that_adds_no_token(vault, secret, start):
    through(vault, secret, start(adds_token=False))
    assert vault.refused()[0] == "denied"


def test_a_login_of_our_own_through_one_that_adds_no_token(vault, secret, start):
    good = approle(vault, secret)
    through(vault, secret, start(adds_token=False), **good.options)
    assert vault.json()["secret"] == API_KEY


def test_one_that_was_stopped(vault, secret, start):
    agent = start()
    through(vault, secret, agent, retries=0)
    agent.stop()
    outcome, text = vault.refused()
    assert outcome == "unavailable" and "agent.sock" in text


@pytest.mark.both_homes(False)
@HOMES
def test_one_that_is_started_again(vault, secret, start, home):
    agent = start()
    through(vault, secret, agent, at_isolate=home, retries=0)
    agent.stop()
    assert vault.get().status == 75
    start()
    assert vault.json()["secret"] == API_KEY


def test_a_socket_that_is_none(vault, secret):
    path = vault.file("agent.sock", "")
    vault.login_by(secret, addr=f"unix://{path}", ca_file=None, retries=0)
    outcome, text = vault.refused()
    assert outcome == "unavailable" and str(path) in text
