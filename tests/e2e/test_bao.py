# SPDX-License-Identifier: MIT
"""The real server that vault.so is tested with, and that the tests see what it does. Keystile has no part in it."""

import base64
import hashlib

import bao_program
import pytest
from bao import Bao
from bao_api import Tenant
from bao_program import SUMS, check_sum
from folders import short_folder

pytestmark = pytest.mark.no_memcheck


@pytest.fixture(scope="module")
def server():
    with short_folder() as folder:
        server = Bao(folder)
        yield server
        server.stop()


@pytest.fixture
def tenant(server):
    tenant = Tenant(server)
    yield tenant
    tenant.close()


def recorded(path):
    """As the record of a Python package says it."""
    return base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "bao"
    path.write_bytes(b"a program")
    return path


def test_a_program_that_changed_is_not_run(program):
    record = recorded(program)
    check_sum(program, "a version that is not pinned", record)
    program.write_bytes(b"a programme")
    with pytest.raises(RuntimeError, match="is not what its package says"):
        check_sum(program, "a version that is not pinned", record)


@pytest.mark.parametrize("version", sorted({version for version, _ in SUMS}))
def test_another_program_in_the_package_is_not_run(program, version, monkeypatch):
    monkeypatch.setattr(bao_program.platform, "machine", lambda: "x86_64")
    with pytest.raises(RuntimeError, match=f"not {SUMS[version, 'x86_64']}"):
        check_sum(program, version, recorded(program))


def test_it_tells_what_it_was_asked(server, tenant):
    secret = tenant.secret(api_key="CANARY-value")
    reader, nobody = tenant.reader(secret), tenant.token()
    with server.requests() as seen:
        statuses = [server.api.ask("GET", secret.api_path, token=token).status
                    for token in (reader, nobody, "CANARY-wrong")]
    assert statuses == [200, 403, 403]
    assert seen == [("read", secret.api_path)] * 3


@pytest.mark.parametrize("version", [1, 2])
def test_what_a_test_had_is_taken_away(server, version):
    tenant = Tenant(server)
    secret = tenant.secret(version, namespace=tenant.namespace(), api_key="CANARY-value")
    token = tenant.reader(secret)
    assert server.api.ask("GET", secret.api_path, namespace=secret.namespace, token=token).status == 200
    tenant.close()
    assert server.api.ask("GET", secret.api_path, namespace=secret.namespace).status == 404


def test_it_is_sealed_and_opened_again(server):
    assert server.api.ask("PUT", "sys/seal").status == 204
    assert server.api.ask("GET", "sys/health").status == 503
    server.unseal()
    assert server.api.ask("GET", "sys/health").status == 200


def test_it_ends_with_the_test():
    with short_folder() as folder:
        server = Bao(folder)
        server.stop()
        with pytest.raises(OSError):
            server.api.ask("GET", "sys/health")
