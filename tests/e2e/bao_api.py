# SPDX-License-Identifier: MIT
"""Sets up a server for vault.so over its HTTP API: what one test has there, and takes away again."""

import dataclasses
import json
import secrets
import time
import urllib.error
import urllib.request

from bao_program import opener

TIMEOUT = 30
# How long it may take to be ready for something, and what it says meanwhile: a mount of KV version 2 is being made, a
# namespace has inner ones that are being taken away.
BUSY_SECONDS = 20
BUSY = ("Upgrading from non-versioned to versioned data", "containing child namespaces")
POLL_SECONDS = 0.02


@dataclasses.dataclass
class Answer:
    """What the server answered."""
    status: int
    body: dict

    @property
    def errors(self):
        return " ".join(self.body.get("errors") or [])


class Api:
    """Asks a server. `namespace` and `token` of one request stand for those of all."""

    def __init__(self, address, token, authority=None):
        self.address, self.token, self.opener = address, token, opener(authority)

    def ask(self, method, path, body=None, namespace="", token=None, **headers):
        """One request, whatever comes of it."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers.update({"X-Vault-Request": "true", "X-Vault-Token": token or self.token})
        if namespace:
            headers["X-Vault-Namespace"] = namespace
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/v1/{path}", data, headers, method=method)
        try:
            with self.opener.open(request, timeout=TIMEOUT) as response:
                return Answer(response.status, json.loads(response.read() or "{}"))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, json.loads(error.read() or "{}"))

    def do(self, method, path, body=None, **options):
        """One that must succeed; its whole body. What the server is not ready for is asked again."""
        end = time.monotonic() + BUSY_SECONDS
        while True:
            answer = self.ask(method, path, body, **options)
            if answer.status < 300:
                return answer.body
            if not any(word in answer.errors for word in BUSY) or time.monotonic() > end:
                raise RuntimeError(f"{method} {path}: {answer.status} {answer.errors}")
            time.sleep(POLL_SECONDS)

    def read(self, path, **options):
        return self.do("GET", path, **options)["data"]

    def write(self, path, /, namespace="", **fields):
        return self.do("POST", path, fields, namespace=namespace)

    def delete(self, path, **options):
        self.do("DELETE", path, **options)


@dataclasses.dataclass(frozen=True)
class Secret:
    """One that is in the server."""
    mount: str
    name: str
    version: int
    namespace: str

    @property
    def path(self):
        """As path= says it."""
        return f"{self.mount}/{self.name}"

    @property
    def api_path(self):
        """As requests and policies do."""
        return f"{self.mount}/data/{self.name}" if self.version == 2 else self.path


class Tenant:
    """What one test has on a server, under names that no other has."""

    def __init__(self, server):
        self.server, self.api, self.undo = server, server.api, []

    def close(self):
        """Takes all of it away, the last first."""
        while self.undo:
            path, namespace = self.undo.pop()
            self.api.delete(path, namespace=namespace)

    def name(self, word="ks"):
        return f"{word}-{secrets.token_hex(4)}"

    def make(self, path, /, namespace="", **fields):
        """Writes something that goes away with the test."""
        self.api.write(path, namespace=namespace, **fields)
        self.undo.append((path, namespace))

    def namespace(self, parent=""):
        name = self.name("team")
        self.make(f"sys/namespaces/{name}", parent)
        return name

    def kv(self, version=2, mount=None, namespace=""):
        """A mount of that version. Returns its path."""
        mount = mount or self.name("kv")
        self.make(f"sys/mounts/{mount}", namespace, type="kv", options={"version": str(version)})
        return mount

    def secret(self, version=2, mount=None, name="ai/claude", namespace="", **fields):
        """A secret in a mount of its own."""
        secret = Secret(self.kv(version, mount, namespace), name, version, namespace)
        self.put(secret, **fields)
        return secret

    def put(self, secret, **fields):
        """A new version of it."""
        fields = {"data": fields} if secret.version == 2 else fields
        self.api.write(secret.api_path, namespace=secret.namespace, **fields)

    def reader(self, secret, **options):
        """A token that may read it, and nothing else."""
        policy = self.policy(secret.api_path, namespace=secret.namespace)
        return self.token(policy, namespace=secret.namespace, **options)

    def policy(self, *paths, namespace="", capabilities=("read",)):
        """One that lets these paths be read. Returns its name."""
        name = self.name("policy")
        words = ", ".join(f'"{word}"' for word in capabilities)
        rules = "\n".join(f'path "{path}" {{ capabilities = [{words}] }}' for path in paths)
        self.make(f"sys/policies/acl/{name}", namespace, policy=rules)
        return name

    def token(self, *policies, namespace="", **options):
        """A token with these policies; root's would have them all where none is said. Its name is one that the stage
        looks for, where the server lets it have one."""
        name = {"id": f"CANARY-{secrets.token_hex(12)}"} if not namespace and "type" not in options else {}
        options = {"policies": policies or ["default"], "ttl": "10m", **name, **options}
        return self.api.write("auth/token/create", namespace=namespace, **options)["auth"]["client_token"]

    def login(self, method, mount=None, namespace="", **options):
        """A mount of that login method. Returns its path."""
        mount = mount or self.name(method)
        self.make(f"sys/auth/{mount}", namespace, type=method, **options)
        return mount
