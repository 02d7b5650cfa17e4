# SPDX-License-Identifier: MIT
"""Stand-ins for what a login needs beside the server and no test can have: the API of a Kubernetes that is asked
whether a service account's token is genuine, and the endpoint of GitHub Actions that mints a job's token.

Each is a small HTTPS or HTTP server on loopback that knows one token, and records what it was asked.
"""

import contextlib
import http.server
import json
import ssl
import threading
import urllib.parse

import trustme

POLL_SECONDS = 0.02


class StandIn(http.server.ThreadingHTTPServer):
    """Answers with what `answer` (method, path, headers, body) returns: a status and an object."""

    daemon_threads = True

    def __init__(self, with_tls=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests, self.tls, self.certificate = [], None, None
        if with_tls:
            authority = trustme.CA()
            self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            authority.issue_cert("127.0.0.1").configure_cert(self.tls)
            self.certificate = authority.cert_pem.bytes().decode()
        self.url = f"http{'s' if with_tls else ''}://127.0.0.1:{self.server_port}"

    def finish_request(self, request, client_address):
        """In the request's own thread."""
        if not self.tls:
            super().finish_request(request, client_address)
            return
        with contextlib.suppress(OSError), self.tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.requests.append((self.command, self.path, dict(self.headers), body))
        status, value = self.server.answer(*self.server.requests[-1])
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET

    def log_message(self, *args):
        pass  # the records are the log


class TokenReview(StandIn):
    """Stands in for the API server of a Kubernetes: it takes one token for that of a pod."""

    def __init__(self, token, namespace, account):
        super().__init__(with_tls=True)
        self.token, self.user = token, f"system:serviceaccount:{namespace}:{account}"

    def answer(self, method, path, headers, body):
        review = json.loads(body)
        if review["spec"]["token"] != self.token:
            status = {"authenticated": False, "error": "not a token of this cluster"}
        else:
            status = {"authenticated": True, "user": {"username": self.user, "uid": "1", "groups": []},
                      "audiences": review["spec"].get("audiences")}
        return 201, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}


class JobTokens(StandIn):
    """Stands in for what mints the tokens of a GitHub Actions job: `mint` makes one for an audience."""

    def __init__(self, request_token, mint):
        super().__init__()
        self.request_token, self.mint = request_token, mint

    @property
    def variables(self):
        return {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2.0",
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": self.request_token}

    def answer(self, method, path, headers, body):
        if headers.get("Authorization") != f"Bearer {self.request_token}":
            return 401, {"message": "not this job"}
        audience = urllib.parse.parse_qs(path.partition("?")[2]).get("audience", [""])[0]
        return 200, {"value": self.mint(audience)}
