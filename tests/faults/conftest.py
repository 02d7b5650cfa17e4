# SPDX-License-Identifier: MIT
"""Options of these tests, and their last line."""

import collections
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))

# How many faults came to what.
TALLY = pytest.StashKey[collections.Counter]()


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="make every call fail, not a sample of them")
    parser.addoption("--fault", metavar="CALL:ERROR:NUMBER[+]", help="this fault alone")


def pytest_configure(config):
    config.stash[TALLY] = collections.Counter()


def pytest_terminal_summary(terminalreporter, config):
    tally = config.stash[TALLY]
    if not tally:
        return
    statuses = ", ".join(f"{tally[status]} with {status}" for status in sorted(
        key for key in tally if isinstance(key, int)))
    total = sum(count for key, count in tally.items() if isinstance(key, int))
    terminalreporter.write_line(f"{total} faults: {tally['harmless']} were harmless, {tally['failed']} failed; "
                                f"they ended {statuses}; {tally['not reached']} were not reached")


@pytest.fixture(scope="session")
def tally(pytestconfig):
    return pytestconfig.stash[TALLY]
