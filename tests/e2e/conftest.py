# SPDX-License-Identifier: MIT
import contextlib
import pathlib
import shutil
import tempfile

import places
import pytest
import stage as stages


@contextlib.contextmanager
def short_folder():
    """A folder that every user may enter, with a short name: sockets live in it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="keystile-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def folder():
    with short_folder() as path:
        yield path


@pytest.fixture(scope="session")
def authority():
    """What makes the official clients take a stand-in for the API itself."""
    with short_folder() as path:
        yield places.Authority(path)


@pytest.fixture
def stage(folder):
    """The testable command, with every directory it looks at to itself."""
    return stages.Stage(folder)
