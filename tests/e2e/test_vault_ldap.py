# SPDX-License-Identifier: MIT
"""vault.so logs in by LDAP: the last OpenBao that has it of its own, before a real slapd. (design, section 7)"""

import pytest
import slapd
from bao import Bao
from bao_program import WITH_LDAP
from folders import short_folder
from stage import API_KEY
from vault_logins import PASSWORD, policy_for

pytestmark = [pytest.mark.both_homes, pytest.mark.own_vault]

USER, GROUP = "joe", "readers"


@pytest.fixture(scope="module")
def directory():
    with short_folder() as folder, slapd.Slapd(folder, USER, PASSWORD, GROUP) as directory:
        yield directory


@pytest.fixture(scope="module")
def vault_server():
    """In the place of the one that all other tests have."""
    with short_folder() as folder:
        server = Bao(folder, WITH_LDAP)
        yield server
        server.stop()


def log_in(vault, directory, secret, method_mount=None, **options):
    """A stack with one who logs in. Returns the mount of the method."""
    mount = vault.tenant.login("ldap", method_mount)
    vault.tenant.api.write(f"auth/{mount}/config", url=directory.address, **directory.options)
    vault.tenant.api.write(f"auth/{mount}/groups/{GROUP}", policies=policy_for(vault, secret))
    file = vault.file("password", PASSWORD + "\n")
    vault.login_by(secret, **{"auth": "ldap", "auth_mount": mount, "user": USER, "password_file": file, **options})
    return mount


def test_whoever_logs_in_reads(vault, directory):
    log_in(vault, directory, vault.secret())
    assert vault.json()["secret"] == API_KEY


def test_the_method_is_mounted_under_its_name(vault, directory):
    log_in(vault, directory, vault.secret(), "ldap", auth_mount=None)
    assert vault.json()["secret"] == API_KEY


def test_a_password_in_a_variable(vault, directory):
    log_in(vault, directory, vault.secret(), password_file=None, password_var="OUR_PASSWORD")
    assert vault.json(env={"OUR_PASSWORD": PASSWORD})["secret"] == API_KEY


@pytest.mark.parametrize("user, password", [(USER, "CANARY-wrong"), ("nobody", PASSWORD), ("j*", PASSWORD)],
                         ids=["password", "user", "pattern"])
def test_who_is_wrong_is_denied(vault, directory, user, password):
    mount = log_in(vault, directory, vault.secret(), user=user)
    vault.file("password", password)
    outcome, text = vault.refused()
    assert outcome == "denied" and f"auth/{mount}/login" in text


def test_a_login_that_goes_with_the_read(vault, directory):
    log_in(vault, directory, vault.secret(), inline="yes")
    assert vault.json()["secret"] == API_KEY
