# SPDX-License-Identifier: MIT
"""A real `bao agent` or `bao proxy` on a unix socket, which logs in by AppRole and adds its token to what it passes
on."""

import contextlib
import http.client
import socket

import bao_program
from bao_program import Process

CONFIG = """
vault {{
	address = "{address}"
	{authority}
}}
{login}
listener "unix" {{
	address = "{socket}"
	tls_disable = true
	require_request_header = {header}
}}
"""

LOGIN = """
auto_auth {{
	method "approle" {{
		mount_path = "auth/{mount}"
		config = {{
			role_id_file_path = "{role}"
			secret_id_file_path = "{secret}"
			remove_secret_id_file_after_reading = false
		}}
	}}
}}
api_proxy {{
	use_auto_auth_token = true
}}
"""


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Agent(Process):
    """`command` is agent or proxy. It is ready once it has a token, where it adds one."""

    def __init__(self, folder, server, mount, role_id, secret_id, command="agent", adds_token=True,
                 wants_header=False):
        self.socket = folder / "agent.sock"
        self.address = f"unix://{self.socket}"
        self.looks_at = "auth/token/lookup-self" if adds_token else "sys/health"
        role, secret, config = folder / "agent-role-id", folder / "agent-secret-id", folder / "agent.hcl"
        role.write_text(role_id, "utf-8")
        secret.write_text(secret_id, "utf-8")
        config.write_text(CONFIG.format(
            address=server.address, authority=f'ca_cert = "{server.authority}"' if server.authority else "",
            login=LOGIN.format(mount=mount, role=role, secret=secret) if adds_token else "", socket=self.socket,
            header=str(wants_header).lower()), "utf-8")
        super().__init__(folder, command, bao_program.program(), command, f"-config={config}")
        self.wait_until(self.is_ready)

    def is_ready(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            with contextlib.closing(UnixConnection(self.socket)) as connection:
                connection.request("GET", f"/v1/{self.looks_at}", headers={"X-Vault-Request": "true"})
                return connection.getresponse().status == 200
        return False
