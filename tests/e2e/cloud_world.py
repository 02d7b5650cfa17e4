# SPDX-License-Identifier: MIT
"""A network of a command's own, in which stand-ins for a cloud are at the cloud's addresses, and its names lead to
them. (cloud_servers.py, netns.py)

    world = World(stage); world.serve("169.254.169.254", 80, {...}); stage.run(..., command=world.command)
"""

import json
import os
import sys

import cloud_servers
import netns
import trustme
from stage import TESTABLE, entry
from vault_rows import PATH, kv2, login
from vault_server import LOOPBACK

HTTP, HTTPS, VAULT = 80, 443, 8200
METADATA = "169.254.169.254"
TIMEOUT = 60


class World:
    """What there is around a command: servers at fixed addresses, and names that lead to them. One is a stand-in for
    Vault. Values of the tables are as in cloud_servers.answers(), but no steps; `services` are what the name server
    has, as in cloud_servers.Names."""

    def __init__(self, stage, auth):
        self.stage, self.auth, self.servers, self.names = stage, auth, [], {}
        self.services, self.search = {}, "example"
        self.records, self.spec = stage.folder / "records", stage.folder / "world.json"
        self.authority, self.authority_file = trustme.CA(), stage.folder / "authority.pem"
        self.authority.cert_pem.write_to_path(self.authority_file)
        stage.install("vault")
        self.serve(LOOPBACK, VAULT, {f"POST /v1/auth/{auth}/login": login(), "GET /v1/secret/data/ai/claude": kv2()})

    def ask(self, env=None, **options):
        """`get` from the secret there."""
        self.stage.write(entry("vault", **{"addr": f"http://{LOOPBACK}:{VAULT}", "path": PATH, "kv_version": 2,
                                           "auth": self.auth, "retries": 0, "at_timeout": "20s", **options}))
        env = {"SSL_CERT_FILE": os.fspath(self.authority_file), **(env or {})}
        return self.stage.get("-f", "json", command=self.command, env=env, timeout=TIMEOUT)

    def serve(self, host, port, table, *names):
        """A server; with names that lead to it, it speaks TLS."""
        identity = None
        if names:
            identity = self.stage.folder / f"{names[0]}.pem"
            self.authority.issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(identity)
            self.names.update(dict.fromkeys(names, host))
        self.servers.append({"host": host, "port": port, "identity": os.fspath(identity) if identity else None,
                             "table": table})

    @property
    def command(self):
        """A program that runs the stage's own in here."""
        hosts = self.stage.folder / "hosts"
        names = {"localhost": LOOPBACK, **self.names}
        hosts.write_text("".join(f"{address} {name}\n" for name, address in names.items()), encoding="utf-8")
        spec = {"servers": self.servers, "services": self.services, "records": os.fspath(self.records)}
        self.spec.write_text(json.dumps(spec), encoding="utf-8")
        self.records.write_text("", encoding="utf-8")
        addresses = {server["host"] for server in self.servers if not server["host"].startswith("127.")}
        resolver = self.stage.folder / "resolver"
        resolver.write_text(f"nameserver {LOOPBACK}\nsearch {self.search}\n", encoding="utf-8")
        words = [sys.executable, netns.__file__, "--bind", f"{hosts}:/etc/hosts", "--bind",
                 f"{resolver}:/etc/resolv.conf"]
        # the name server needs its port as well
        for address in sorted(addresses) or [METADATA]:
            words += ["--address", address]
        words += ["--", sys.executable, cloud_servers.__file__, self.spec, "--", TESTABLE]
        return self.stage.program("in-world", "exec " + " ".join(f"'{word}'" for word in words) + ' "$@"')

    @property
    def requests(self):
        """What they were asked, each a dictionary."""
        return [json.loads(line) for line in self.records.read_text("utf-8").splitlines()]

    @property
    def logins(self):
        """What each login was made of."""
        return [json.loads(request["body"].encode("latin-1")) for request in self.requests
                if request["target"] == f"/v1/auth/{self.auth}/login"]

    @property
    def asked(self):
        """The same in a few words, each once."""
        return list(dict.fromkeys(f"{request['host']} {request['method']} {request['target']}"
                                  for request in self.requests))
