# SPDX-License-Identifier: MIT
"""A cluster of three real servers: `bao` on loopback with TLS, each with its storage and its ports to itself. One is
active, the others stand by for it, and a test may take each away and bring it back. (bao_program.py)
"""

import contextlib
import functools
import json
import time

import trustme
from bao_api import Api
from bao_program import HOST, POLL_SECONDS, READY_SECONDS, HeldPort, Process, program

# What sys/health answers.
ACTIVE, STANDBY, SEALED = 200, 429, 503
# For nodes that were killed to find each other again.
MEND_SECONDS = 20
# In which a standby learns of a new mount, if it ever does.
LEARN_SECONDS = 10
# Elections are short and a node may vote at once: what is tested is not how long they take.
CONFIG = """
ui = false
api_addr = "{address}"
cluster_addr = "https://{host}:{cluster_port}"
disable_standby_reads = {forwards}
storage "raft" {{
    path = "{folder}/data"
    node_id = "{name}"
    performance_multiplier = 1
    autopilot_reconcile_interval = "100ms"
    autopilot_update_interval = "100ms"
}}
listener "tcp" {{
    address = "{host}:{port}"
    cluster_address = "{host}:{cluster_port}"
    tls_cert_file = "{identity}"
    tls_key_file = "{identity}"
}}
audit "file" "all" {{ options = {{ file_path = "audit.log" }} }}
"""


class Node:
    """One of them. `forwards`: standing by, it has the active one answer reads as well."""

    def __init__(self, folder, cluster, forwards=False):
        self.folder, self.name = folder, folder.name
        self.port, self.cluster_port = HeldPort(), HeldPort()
        self.authority, self.address = cluster.authority, f"https://{HOST}:{self.port.number}"
        self.api = Api(self.address, "none yet", self.authority)
        # every node is to name the same file, so it is in the home of each
        self.audit_log = folder / "server-home" / "audit.log"
        (folder / "data").mkdir()
        (folder / "server.hcl").write_text(CONFIG.format(
            address=self.address, host=HOST, port=self.port.number, cluster_port=self.cluster_port.number,
            folder=folder, name=self.name, identity=cluster.identity, forwards=str(forwards).lower()),
            encoding="utf-8")
        self.process = None

    @property
    def host(self):
        """As a message names it."""
        return self.address.removeprefix("https://")

    @property
    def place(self):
        """As a socket is connected to it."""
        return self.port.getsockname()

    @property
    def health(self):
        """The status of sys/health; None where nothing answers."""
        with contextlib.suppress(OSError):
            return self.api.ask("GET", "sys/health").status
        return None

    @property
    def is_alive(self):
        return self.process is not None and self.process.process.poll() is None

    def count(self, path):
        """How often it was asked for the path, by whomever, and did not leave it to another."""
        if not self.audit_log.exists():  # it has not answered yet
            return 0
        records = [json.loads(line) for line in self.audit_log.read_text("utf-8").splitlines()]
        return len([record for record in records
                    if record["type"] == "request" and record["request"].get("path") == path])

    def start(self):
        """It is sealed then, or not initialized."""
        self.process = Process(self.folder, "server", program(), "server", f"-config={self.folder}/server.hcl")
        self.process.wait_until(lambda: self.health is not None)

    def kill(self):
        """At once, whatever it is about to do."""
        self.process.process.kill()
        self.process.process.wait()

    def stop(self):
        """It has nothing to put in order for anybody."""
        if self.process:
            self.kill()


class Cluster:
    """Three of them. For vault_stage.py it is a server like any other: the active node."""

    def __init__(self, folder):
        authority = trustme.CA()
        self.authority, self.identity = folder / "authority.pem", folder / "identity.pem"
        authority.cert_pem.write_to_path(self.authority)
        authority.issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(self.identity)
        self.nodes = [Node(make(folder / name), self, forwards=name == "forwarder")
                      for name in ("first", "second", "forwarder")]
        self.key = None
        try:
            self.set_up()
        except BaseException:
            self.stop()
            raise

    def set_up(self):
        first, *others = self.nodes
        for node in self.nodes:
            node.start()
        keys = first.api.write("sys/init", secret_shares=1, secret_threshold=1)
        self.key = keys["keys_base64"][0]
        for node in self.nodes:
            node.api.token = keys["root_token"]
        self.unseal(first)
        wait_until(lambda: first.health == ACTIVE)
        first.api.write("sys/storage/raft/autopilot/configuration", server_stabilization_time="100ms")
        certificate = self.authority.read_text("utf-8")
        for node in others:
            node.api.write("sys/storage/raft/join", leader_api_addr=first.address, leader_ca_cert=certificate)
            self.unseal(node)
        self.mend()

    @property
    def active(self):
        """The one that is, as soon as one is."""
        return wait_until(lambda: next((node for node in self.nodes if node.health == ACTIVE), None))

    @property
    def standbys(self):
        """Those that do, the one that forwards reads last."""
        return [node for node in self.nodes if node.health == STANDBY]

    @property
    def hosts(self):
        """All of them, as redirects= names hosts."""
        return ",".join(node.host for node in self.nodes)

    @property
    def address(self):
        return self.active.address

    @property
    def api(self):
        return self.active.api

    def opens(self, node):
        """Whether it takes the key. One that has just joined does not yet know what it is to be unsealed with."""
        answer = node.api.ask("POST", "sys/unseal", {"key": self.key})
        return answer.status == 200 and not answer.body["sealed"]

    def unseal(self, node):
        wait_until(lambda: self.opens(node))

    def seal(self):
        """The active one: no other takes the request. Returns it."""
        node = self.active
        node.api.write("sys/seal")
        wait_until(lambda: node.health == SEALED)
        return node

    def restart(self, node):
        """It is sealed then."""
        node.kill()
        node.start()

    def begin_anew(self):
        """All are started again. One that was active first, and never stood by, heeds a step_down (OpenBao 2.7)."""
        for node in self.nodes:
            node.kill()
        self.mend()

    def step_down(self):
        """The active one goes back into line, and another one is active in a moment."""
        self.api.write("sys/step-down")

    def forwarder(self):
        """The node that answers no read by itself, standing by."""
        node = self.nodes[-1]
        while node.health != STANDBY:
            node.kill()
            wait_until(lambda: self.active is not node)
            self.mend()
        return node

    def mend(self):
        """Brings back what was taken away, and returns when all three answer and agree, on writes as well. Nodes that
        do not find each other again are started anew: a test before may have killed one in the middle of an election.
        """
        try:
            wait_until(self.comes_back, MEND_SECONDS)
        except RuntimeError:
            for node in self.nodes:
                node.stop()
            wait_until(self.comes_back)

    def comes_back(self):
        for node in self.nodes:
            if not node.is_alive:
                node.start()
            if node.health == SEALED and not self.opens(node):
                return False
        return self.is_whole()

    def is_whole(self):
        if sorted(str(node.health) for node in self.nodes) != sorted(map(str, (ACTIVE, STANDBY, STANDBY))):
            return False
        reads = [node.api.ask("GET", "auth/token/lookup-self").status for node in self.nodes]
        writes = [node.api.ask("POST", "cubbyhole/whole", {"by": node.name}).status for node in self.nodes]
        servers = self.api.ask("GET", "sys/storage/raft/configuration").body
        voters = [server["voter"] for server in servers.get("data", {}).get("config", {}).get("servers", [])]
        leaders = {node.api.ask("GET", "sys/leader").body.get("leader_address") for node in self.nodes}
        return reads == [200] * 3 and writes == [204] * 3 and voters == [True] * 3 and leaders == {self.address}

    def wait_for_all(self, knows):
        """Waits until that is true of each node. A standby may miss for good that there is a new mount (OpenBao 2.7):
        such a one is started anew. Returns those that were.
        """
        missed = []
        for node in self.nodes:
            try:
                wait_until(functools.partial(knows, node), LEARN_SECONDS)
            except RuntimeError:
                self.restart(node)
                self.mend()
                wait_until(functools.partial(knows, node))
                missed.append(node)
        return missed

    def stop(self):
        for node in self.nodes:
            node.stop()
            node.port.close()
            node.cluster_port.close()


def make(folder):
    folder.mkdir()
    return folder


def wait_until(condition, seconds=READY_SECONDS):
    """Its value, once that is true. Raises where nothing came of it for so long."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError, RuntimeError):
            value = condition()
            if value:
                return value
        if time.monotonic() > end:
            raise RuntimeError("the cluster does not come to what is waited for")
        time.sleep(POLL_SECONDS)
