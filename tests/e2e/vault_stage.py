# SPDX-License-Identifier: MIT
"""A stage for vault.so, with a real server behind it in which a test has what it needs. (bao.py)"""

import contextlib
import os

import pytest
from bao_api import Tenant
from stage import API_KEY, Stage, entry

# Where a module runs, for what is counted or used up by who asks, and cannot be asked once in each home.
HOMES = pytest.mark.parametrize("home", ["none", pytest.param("process", marks=pytest.mark.no_memcheck)])
# Longer than any answer takes on a busy machine: what must end sooner says so itself.
TIMEOUT = "30s"


class VaultStage(Stage):
    def __init__(self, folder, server):
        super().__init__(folder)
        self.install("vault")
        self.server, self.tenant = server, Tenant(server)
        self.started = contextlib.ExitStack()

    def meanwhile(self, context):
        """Enters it, until the stage ends."""
        return self.started.enter_context(context)

    def close(self):
        self.tenant.close()
        self.started.close()

    def secret(self, version=2, **more):
        """A secret of the server's, with a key in it unless told otherwise; `more` is as in Tenant.secret()."""
        fields = more if more.keys() - {"mount", "name", "namespace"} else {"api_key": API_KEY, **more}
        return self.tenant.secret(version, **fields)

    def file(self, name, text, mode=0o600):
        """A file with a secret, as an option may name it."""
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def token_file(self, token, mode=0o600):
        return self.file("token", f"{token}\n", mode)

    def at_server(self):
        """The options that lead to the server."""
        authority = self.server.authority
        return {"addr": self.server.address, **({"ca_file": os.fspath(authority)} if authority else {})}

    def entry(self, secret, transport="any", control="sufficient", **options):
        """One line of a stack, for a secret or a path. None as an option leaves it out."""
        path = secret if isinstance(secret, str) else secret.path
        options = {**self.at_server(), "path": path, "at_timeout": TIMEOUT, **options}
        return entry("vault", transport, control,
                     **{name: value for name, value in options.items() if value is not None})

    def login_by(self, secret, *lines, **options):
        """Writes a stack of one entry, before others where there are some."""
        self.write(self.entry(secret, **options), *lines)

    def read(self, secret, *lines, **options):
        """Writes a stack of one entry whose token may read the secret, and nothing else."""
        self.login_by(secret, *lines, token_file=self.token_file(self.tenant.reader(secret)), **options)
