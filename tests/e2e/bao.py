# SPDX-License-Identifier: MIT
"""A real server for vault.so: `bao` in development mode, on loopback, with TLS; or the one that
KEYSTILE_TEST_VAULT_ADDR names, with a root token in KEYSTILE_TEST_VAULT_TOKEN and its authority's certificate in
KEYSTILE_TEST_VAULT_CACERT.

Our own tells which requests it saw, may be sealed, and reaches what a test starts on loopback. Another one is asked
for none of that: those tests are marked own_vault, and those that Vault cannot pass, openbao. None of the machine's
variables reach ours.
"""

import contextlib
import functools
import json
import os
import re
import secrets

import bao_program
from bao_api import Api
from bao_program import HOST, HeldPort, Process

ADDRESS, TOKEN, AUTHORITY = (f"KEYSTILE_TEST_VAULT_{name}" for name in ("ADDR", "TOKEN", "CACERT"))


def is_elsewhere():
    """Whether the tests have a server that is not ours."""
    return ADDRESS in os.environ


class Elsewhere:
    """The server that the environment names."""

    def __init__(self):
        self.address, self.token = os.environ[ADDRESS].rstrip("/"), os.environ[TOKEN]
        self.authority = os.environ.get(AUTHORITY)
        self.api = Api(self.address, self.token, self.authority)

    @functools.cached_property
    def marks_left_out(self):
        """Those of the tests that it is not to see."""
        plugins = self.api.read("sys/plugins/catalog")["detailed"]
        is_openbao = any(plugin["version"].endswith("builtin.bao") for plugin in plugins)
        return ["own_vault"] if is_openbao else ["own_vault", "openbao"]

    def stop(self):
        """It is not ours."""


class Bao:
    """One of our own. `version` is that of a package that is installed apart."""

    def __init__(self, folder, version=None):
        self.folder, self.token = folder, f"CANARY-root-{secrets.token_hex(8)}"
        self.authority = folder / "tls" / "vault-ca.pem"
        self.audit_log, config = folder / "audit.log", folder / "server.hcl"
        config.write_text(f'audit "file" "all" {{ options = {{ file_path = "{self.audit_log}" }} }}\n', "utf-8")
        (folder / "tls").mkdir()
        self.port = HeldPort()
        place = f"{HOST}:{self.port.number}"
        self.address = f"https://{place}"
        self.process = Process(
            folder, "server", bao_program.program(version), "server", "-dev", "-dev-tls",
            f"-dev-tls-cert-dir={self.authority.parent}", f"-dev-listen-address={place}",
            f"-dev-root-token-id={self.token}", "-dev-no-store-token", f"-config={config}")
        self.process.wait_until(self.is_ready)

    @functools.cached_property
    def api(self):
        """What sets it up, as root."""
        return Api(self.address, self.token, self.authority)

    def is_ready(self):
        """The certificate is written before anything listens."""
        if not self.authority.exists():
            return False
        with contextlib.suppress(OSError):
            return self.api.ask("GET", "sys/health").status == 200
        return False

    @contextlib.contextmanager
    def requests(self):
        """A list, to which come, as (operation, path), the requests that it sees meanwhile."""
        seen, size = [], self.audit_log.stat().st_size
        yield seen
        with open(self.audit_log, encoding="utf-8") as file:
            file.seek(size)
            records = [json.loads(line) for line in file]
        seen += [(record["request"]["operation"], record["request"]["path"])
                 for record in records if record["type"] == "request"]

    def unseal(self):
        """With the key that it told when it started."""
        (key,) = re.findall(r"^Unseal Key: (\S+)$", self.process.log.read_text("utf-8"), re.MULTILINE)
        self.api.write("sys/unseal", key=key)
        self.process.wait_until(self.is_ready)

    def stop(self):
        self.process.stop()
        self.port.close()
