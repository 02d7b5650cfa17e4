"""Worlds for the tests of this folder."""

import golden
import pytest


@pytest.fixture
def world():
    """Folders for one test, empty but for the modules."""
    made = golden.make_world()
    yield made
    golden.remove_world(made)


@pytest.fixture(scope="module")
def shared_world():
    """The same for all tests of a file that only read."""
    made = golden.make_world()
    yield made
    golden.remove_world(made)
