# SPDX-License-Identifier: MIT
"""Stands between vault.so and a real server: ends TLS, records each request, and adds headers to it."""

import collections
import contextlib
import http.client
import http.server
import ssl
import threading

HOST = "127.0.0.1"
POLL_SECONDS = 0.02
TIMEOUT = 30
# Headers of one hop, or such as are made anew.
NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "host", "date", "server"}
# What was asked, and with which headers; and those of the answer.
Request = collections.namedtuple("Request", "method path sent answered")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        sent = {name: value for name, value in self.headers.items() if name.lower() not in NOT_PASSED_ON}
        behind = http.client.HTTPSConnection(self.server.target, context=self.server.trust, timeout=TIMEOUT)
        with contextlib.closing(behind):
            behind.request(self.command, self.path, body or None, {**sent, **self.server.more})
            answer = behind.getresponse()
            self.answer(sent, answer, answer.read())

    do_GET = do_POST = pass_on

    def answer(self, sent, answer, body):
        self.server.requests.append(Request(self.command, self.path.removeprefix("/v1/"), sent, answer.headers))
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass  # the records are the log


class Front(http.server.ThreadingHTTPServer):
    """Speaks for a node with the certificate of its cluster. `more`: the headers that it adds."""

    daemon_threads = True

    def __init__(self, node, identity, **more):
        super().__init__((HOST, 0), Handler)
        self.target, self.address = node.host, f"https://{HOST}:{self.server_port}"
        self.more = {name.replace("_", "-"): value for name, value in more.items()}
        self.trust = ssl.create_default_context(cafile=node.authority)
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(identity)
        self.requests = []

    @property
    def asked(self):
        """The requests as (method, path)."""
        return [(request.method, request.path) for request in self.requests]

    def finish_request(self, request, client_address):
        with contextlib.suppress(OSError, http.client.HTTPException):  # one of both went away
            with self.tls.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.shutdown()
        self.server_close()
