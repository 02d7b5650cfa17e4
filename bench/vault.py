# SPDX-License-Identifier: MIT
"""What a credential in Vault costs, beside the programs that one would read it with otherwise: a real OpenBao."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

NULL = "/dev/null"
PATH, FIELD = "ai/claude", "api_key"
STARTS_S = 30
# A round has programs of a hundred milliseconds.
ROUNDS_MAX = 200

# The requests that keystile makes: which version the engine has, and the secret. One connection, as there.
BY_CURL = """#!/bin/sh
set -eu
TOKEN=${VAULT_TOKEN-$(curl -sS --cacert "$VAULT_CACERT" -d "{\\"role_id\\":\\"$ROLE_ID\\",\\"secret_id\\":\\"$(cat "$SECRET_ID")\\"}" \\
	"$VAULT_ADDR/v1/auth/approle/login" | jq -r .auth.client_token)}
curl -sS --cacert "$VAULT_CACERT" -H "X-Vault-Token: $TOKEN" \\
	"$VAULT_ADDR/v1/sys/internal/ui/mounts/secret/%(path)s" "$VAULT_ADDR/v1/secret/data/%(path)s" |
	jq -er '.data.data.%(field)s // empty'
"""
BY_BAO = """#!/bin/sh
set -eu
BAO_TOKEN=$(%(bao)s write -field=token auth/approle/login role_id="$ROLE_ID" secret_id="$(cat "$SECRET_ID")") \\
	exec %(bao)s kv get -field=%(field)s secret/%(path)s
"""


class Server:
    """A development server on loopback, with TLS, and a secret and a role in it."""

    def __init__(self, bao, folder):
        # bound, it is given to nobody else by chance, and a server that names it has it all the same
        self.port = socket.socket()
        self.port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.port.bind(("127.0.0.1", 0))
        self.folder, self.address = folder, f"https://127.0.0.1:{self.port.getsockname()[1]}"
        self.authority = folder / "vault-ca.pem"
        folder.mkdir()
        words = ["server", "-dev", "-dev-root-token-id=root", "-dev-no-store-token", "-dev-tls",
                 f"-dev-tls-cert-dir={folder}", f"-dev-listen-address={self.address.removeprefix('https://')}"]
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen([bao, *words], env={"HOME": str(folder), "PATH": os.defpath},
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def ask(self, path, content=None):
        request = urllib.request.Request(f"{self.address}/v1/{path}", headers={"X-Vault-Token": "root"},
                                         data=None if content is None else json.dumps(content).encode())
        trust = ssl.create_default_context(cafile=self.authority)
        with urllib.request.urlopen(request, context=trust) as answer:
            return json.loads(answer.read() or "{}")

    def wait(self):
        end = time.monotonic() + STARTS_S
        while True:
            try:
                return self.ask("sys/health")
            except (OSError, urllib.error.URLError):
                if self.process.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def fill(self, key):
        """Returns the variables by which the role is known."""
        self.ask(f"secret/data/{PATH}", {"data": {FIELD: key}})
        self.ask("sys/policies/acl/reader", {"policy": f'path "secret/data/{PATH}" {{ capabilities = ["read"] }}'})
        self.ask("sys/auth/approle", {"type": "approle"})
        self.ask("auth/approle/role/bench", {"token_policies": ["reader"]})
        secret_id = self.folder / "secret-id"
        secret_id.write_text(self.ask("auth/approle/role/bench/secret-id", {})["data"]["secret_id"], encoding="ascii")
        secret_id.chmod(0o600)
        return {"ROLE_ID": self.ask("auth/approle/role/bench/role-id")["data"]["role_id"],
                "SECRET_ID": str(secret_id)}

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.port.close()


def script(path, text):
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@contextlib.contextmanager
def commands(bao, folder, get, service, key):
    """
    The commands by name, and what their environment has, while the server runs. `get` makes the command that asks for
    a service, `service` writes one.
    """
    server = Server(bao, folder / "vault")
    try:
        server.wait()
        role = server.fill(key)
        names = {"bao": bao, "path": PATH, "field": FIELD}
        by_curl = script(folder / "by-curl", BY_CURL % names)
        by_bao = script(folder / "by-bao", BY_BAO % names)
        place = f"any binding vault.so addr={server.address} ca-file={server.authority} path=secret/{PATH}"
        by_role = f"auth=approle role-id={role['ROLE_ID']} secret-id-file={role['SECRET_ID']}"
        service("vault", place)
        service("vault-here", f"{place} @isolate=none")
        service("vault-approle", f"{place} {by_role}")
        environment = {"VAULT_ADDR": server.address, "VAULT_CACERT": str(server.authority), **role}
        yield {
            "token": ({"keystile": get("vault"), "keystile, in process": get("vault-here"),
                       "curl and jq": [NULL, by_curl],
                       "bao kv get": [NULL, bao, "kv", "get", f"-field={FIELD}", f"secret/{PATH}"]},
                      {**environment, "VAULT_TOKEN": "root"}),
            "approle": ({"keystile": get("vault-approle"), "curl and jq": [NULL, by_curl], "bao, twice": [NULL, by_bao]},
                        environment),
        }
    finally:
        server.stop()
