# SPDX-License-Identifier: MIT
import contextlib
import pathlib
import shutil
import tempfile

import places
import pytest
import stage as stages
import workers
from memcheck import memcheck


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
def stage(folder, request):
    """The testable command, with every directory it looks at to itself."""
    stage = stages.Stage(folder)
    mark = request.node.get_closest_marker("both_homes")
    # valgrind knows no clone(2) by which a worker is started
    stage.both_homes = mark is not None and mark.args != (False,) and not memcheck.words
    return stage


@pytest.fixture
def worker_stage(folder):
    """A stage with workers of its own, of which none is left behind."""
    stage = workers.WorkerStage(folder)
    yield stage
    stage.workers.kill()
