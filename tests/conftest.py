# SPDX-License-Identifier: MIT
"""For all tests that pytest runs."""

import collections
import os
import pwd

import pytest
from memcheck import memcheck

# pytest names its folder in /tmp after these, and they may still be those of the user who started an ordinary one.
try:
    os.environ["USER"] = os.environ["LOGNAME"] = pwd.getpwuid(os.getuid()).pw_name
except KeyError:
    os.environ["USER"] = os.environ["LOGNAME"] = str(os.getuid())

MILLISECONDS_OF_2001 = 10**12

# What makes a world for commands under test, and so starts them by way of memcheck.words.
WORLDS = {"stage", "vault", "world", "shared_world"}


def pytest_addoption(parser):
    parser.addoption("--memcheck", type=int, metavar="N",
                     help="run the commands under valgrind, in every Nth test of a file")


def pytest_configure(config):
    if config.getoption("memcheck"):
        memcheck.start()


def pytest_unconfigure():
    memcheck.stop()


def pytest_make_parametrize_id(val, argname):
    """A time of day is in no test's name, so that every process that runs a part of them knows them by the same."""
    return argname if isinstance(val, int) and val > MILLISECONDS_OF_2001 else None


def pytest_collection_modifyitems(config, items):
    """The first of a file is always one of them. What takes images of memory would see valgrind's."""
    every, counts, left_out = config.getoption("memcheck"), collections.Counter(), []
    if not every:
        return
    for item in items:
        if any(map(item.get_closest_marker, ("no_memcheck", "no_sanitizer"))) or not WORLDS & set(item.fixturenames):
            left_out.append(item)
            continue
        if counts[item.path] % every:
            left_out.append(item)
        counts[item.path] += 1
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def no_memory_error():
    yield
    found = memcheck.take()
    if found:
        pytest.fail(found, pytrace=False)
