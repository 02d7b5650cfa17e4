# SPDX-License-Identifier: MIT
import pathlib
import shutil
import tempfile

import places
import pytest
import stage as stages


@pytest.fixture
def folder():
    """A folder that every user may enter, with a short name: sockets live in it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="keystile-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """What makes the official clients take a stand-in for the API itself."""
    return places.Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def stage(folder):
    """The testable command, with every directory it looks at to itself."""
    return stages.Stage(folder)
