# SPDX-License-Identifier: MIT
"""The token of a login from its beginning to its end, at a real server: renewed while it can be, replaced where it
cannot, and no request refused in between. (design, section 7)"""

import time

import pytest
from stage import API_KEY
from vault_logins import AppRole
from vault_script import ok, pauses

# valgrind makes minutes of seconds
pytestmark = [pytest.mark.own_vault, pytest.mark.no_memcheck]

# A token of so many seconds is renewed behind two thirds of them, and not used in the last.
TTL = 8
MAX_TTL = 13
# By then one that was not renewed has ended; and by then one that was, for as long as it may last.
BEHIND_ITS_END, BEHIND_THE_LAST_RENEWAL = 10, 14
PAUSE = 0.1
READS_MAX = 400
# A machine that stood still for so long may have missed a moment: that life shows nothing, and there is another.
STALL_SECONDS = 0.7
LIVES = 4
RENEWAL = ("update", "auth/token/renew-self")
HOMES = pytest.mark.parametrize("home", ["none", "process"])


def lived(vault, seconds, home="none", **role):
    """The logins and renewals of a context that reads all the time, and once for each answer."""
    for _ in range(LIVES):
        seen, longest = live(vault, seconds, home, **role)
        if longest < STALL_SECONDS:
            break
    return seen


def live(vault, seconds, home, **role):
    """One life: those, and the longest time between two answers."""
    secret, answers, longest = vault.secret(), 0, 0.0
    made = AppRole(vault, secret, token_ttl=TTL, **role)
    vault.login_by(secret, at_isolate=home, kv_version=2, **made.options(made.secret_id()))
    login, read = ("update", f"auth/{made.mount}/login"), ("read", secret.api_path)
    last = time.monotonic()
    end = last + seconds
    with vault.server.requests() as seen, pauses(vault, READS_MAX) as program:
        while last < end:
            assert program.resolve() == ok(API_KEY)
            answers += 1
            time.sleep(PAUSE)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
    assert seen.count(read) == answers
    names = {login: "login", RENEWAL: "renewal"}
    return [names[request] for request in seen if request != read], longest


@HOMES
def test_a_token_is_renewed_as_long_as_it_may_last_and_then_replaced(vault, home):
    seen = lived(vault, BEHIND_THE_LAST_RENEWAL, home, token_max_ttl=MAX_TTL)
    assert seen == ["login", "renewal", "renewal", "login"]


def test_a_periodic_token_is_renewed(vault):
    seen = lived(vault, BEHIND_THE_LAST_RENEWAL, token_period=TTL)
    assert seen == ["login", "renewal", "renewal"]


def test_a_token_whose_policy_forbids_renewal_is_replaced_before_its_end(vault):
    """It is tried once, and refused."""
    seen = lived(vault, BEHIND_ITS_END, token_no_default_policy=True)
    assert seen == ["login", "renewal", "login"]


def test_a_batch_token_is_replaced_before_its_end(vault):
    seen = lived(vault, BEHIND_ITS_END, token_type="batch")
    assert seen == ["login", "login"]
