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
from stage import TESTABLE
from vault_server import LOOPBACK

HTTP, HTTPS = 80, 443
METADATA = "169.254.169.254"


class World:
    """What there is around a command: servers at fixed addresses, and names that lead to them. Values of the tables are
    as in cloud_servers.answers(), but no steps."""

    def __init__(self, stage, authority=None):
        self.stage, self.authority, self.servers, self.names = stage, authority, [], {}
        self.records, self.spec = stage.folder / "records", stage.folder / "world.json"

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
        hosts.write_text("".join(f"{address} {name}\n" for name, address in {**self.names, "localhost": LOOPBACK}.items()),
                         encoding="utf-8")
        self.spec.write_text(json.dumps({"servers": self.servers, "records": os.fspath(self.records)}), encoding="utf-8")
        self.records.write_text("", encoding="utf-8")
        addresses = {server["host"] for server in self.servers} - {LOOPBACK}
        words = [sys.executable, netns.__file__, "--bind", f"{hosts}:/etc/hosts"]
        for address in sorted(addresses):
            words += ["--address", address]
        words += ["--", sys.executable, cloud_servers.__file__, self.spec, "--", TESTABLE]
        return self.stage.program("in-world", "exec " + " ".join(f"'{word}'" for word in words) + ' "$@"')

    @property
    def requests(self):
        """What they were asked, each a dictionary."""
        return [json.loads(line) for line in self.records.read_text("utf-8").splitlines()]

    @property
    def asked(self):
        """The same in a few words, each once."""
        return list(dict.fromkeys(f"{request['host']} {request['method']} {request['target']}"
                                  for request in self.requests))
