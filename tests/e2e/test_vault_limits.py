# SPDX-License-Identifier: MIT
"""What a real server does not answer: requests beyond a quota, and all of them while it is sealed. (design, section
7)"""

import re
import time

import pytest
from bao import Bao
from folders import short_folder
from memcheck import memcheck
from stage import API_KEY, OTHER_KEY, debug
from vault_stage import HOMES

pytestmark = pytest.mark.own_vault

# What a run takes on a busy machine, beside what it waits for.
SLACK_SECONDS = 10 * memcheck.patience


@pytest.fixture(scope="module")
def vault_server():
    """One that may be sealed."""
    with short_folder() as folder:
        server = Bao(folder)
        server.api.write("sys/quotas/config", enable_rate_limit_response_headers=True)
        yield server
        server.stop()


def limit(vault, secret, interval, home):
    """Lets one request reach the secret in so long, which is used up."""
    vault.read(secret, at_isolate=home)
    name = vault.tenant.name()
    vault.tenant.make(f"sys/quotas/rate-limit/{name}", path=f"{secret.mount}/", rate=1, interval=interval)
    assert vault.tenant.api.ask("GET", secret.api_path).status == 200


@HOMES
def test_a_quota_that_is_soon_free_is_waited_for(vault, home):
    limit(vault, vault.secret(), "2s", home)
    assert vault.json()["secret"] == API_KEY


@HOMES
def test_a_quota_that_is_not_free_before_the_deadline(vault, home):
    limit(vault, vault.secret(), "10m", home)
    begin = time.monotonic()
    outcome, text = vault.refused()
    assert outcome == "unavailable" and "429" in text and "quota" in text
    assert re.search("asks to come back in (59[0-9]|600) s", text)
    assert time.monotonic() - begin < SLACK_SECONDS


@HOMES
@pytest.mark.no_memcheck  # whose deadline is shorter than a run under valgrind
@pytest.mark.parametrize("control, status", [("binding", 75), ("sufficient", 0)])
def test_a_sealed_server(vault, home, control, status):
    secret = vault.secret()
    vault.tenant.undo.clear()  # nothing can be taken away from it
    vault.read(secret, debug(secret=OTHER_KEY), control=control, at_isolate=home, at_timeout="5s")
    assert vault.tenant.api.ask("PUT", "sys/seal").status == 204
    try:
        begin = time.monotonic()
        found, explained = vault.explain()
        assert time.monotonic() - begin < SLACK_SECONDS
    finally:
        vault.server.unseal()
    first = explained["steps"][0]
    assert (found, first["result"]) == (status, "unavailable")
    assert "503" in first["reason"] and "sealed" in first["reason"].lower()
    assert (explained["winner"] is None) == (status != 0)
    assert vault.json()["secret"] == API_KEY
