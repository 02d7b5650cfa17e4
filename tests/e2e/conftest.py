# SPDX-License-Identifier: MIT
import pathlib
import shutil
import tempfile

import pytest
import stage as stages


@pytest.fixture
def folder():
    """A folder that every user may enter, with a short name: sockets live in it."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="keystile-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def stage(folder):
    """The testable command, with every directory it looks at to itself."""
    return stages.Stage(folder)
