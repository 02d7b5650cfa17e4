# SPDX-License-Identifier: MIT
import bao
import bao_cluster
import places
import pytest
import stage as stages
import vault_certificates
import vault_stage
import workers
from folders import short_folder
from memcheck import memcheck


def pytest_collection_modifyitems(config, items):
    """Of a server that is not ours, nothing is asked but what it can do."""
    if not bao.is_elsewhere():
        return
    marks = bao.Elsewhere().marks_left_out
    left_out = [item for item in items if any(map(item.get_closest_marker, marks))]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter):
    if bao.is_elsewhere():
        marks = " or ".join(bao.Elsewhere().marks_left_out)
        terminalreporter.write_line(f"The server of vault.so was the one that {bao.ADDRESS} names. Tests marked {marks} "
                                    "were left out: pytest.ini says why.")


@pytest.fixture
def folder():
    with short_folder() as path:
        yield path


@pytest.fixture(scope="session")
def authority():
    """What makes the official clients take a stand-in for the API itself."""
    with short_folder() as path:
        yield places.Authority(path)


@pytest.fixture(scope="session")
def certificates():
    """Those of scripted servers."""
    with short_folder() as path:
        yield vault_certificates.Certificates(path)


def is_of_both_homes(request):
    mark = request.node.get_closest_marker("both_homes")
    # valgrind knows no clone(2) by which a worker is started
    return mark is not None and mark.args != (False,) and not memcheck.words


@pytest.fixture
def stage(folder, request):
    """The testable command, with every directory it looks at to itself."""
    stage = stages.Stage(folder)
    stage.both_homes = is_of_both_homes(request)
    return stage


@pytest.fixture(scope="session")
def vault_server():
    """One for all tests of a process: ours, or the one that the environment names."""
    if bao.is_elsewhere():
        yield bao.Elsewhere()
        return
    with short_folder() as path:
        server = bao.Bao(path)
        yield server
        server.stop()


@pytest.fixture
def vault(folder, vault_server, request):
    """A stage with vault.so, and a real server behind it."""
    stage = vault_stage.VaultStage(folder, vault_server)
    stage.both_homes = is_of_both_homes(request)
    yield stage
    stage.close()


@pytest.fixture(scope="session")
def cluster():
    """One for all tests of a process, whole before each of them."""
    with short_folder() as path:
        cluster = bao_cluster.Cluster(path)
        yield cluster
        cluster.stop()


@pytest.fixture
def clustered(folder, cluster, request):
    """A stage with vault.so, and three real servers behind it."""
    stage = vault_stage.VaultStage(folder, cluster)
    stage.both_homes = is_of_both_homes(request)
    yield stage
    cluster.mend()
    stage.close()


@pytest.fixture
def worker_stage(folder):
    """A stage with workers of its own, of which none is left behind."""
    stage = workers.WorkerStage(folder)
    yield stage
    stage.workers.kill()
