#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A stand-in for the Messages API on loopback that records what it is sent.

It is a fake on purpose. The tests ask what a client puts on the wire, and only a server of our own can answer that
without a real secret, a bill or a network: every key in the tests is made up, and the real API would refuse them all
alike. It therefore accepts every request and judges none; the tests read the records.

In a test:      with MessagesServer() as server: ...; server.url, server.requests
As a program:   messages_server.py [--port PORT] RECORDS
                prints the URL, appends one JSON object a line to RECORDS, runs until killed

A record is {"method", "path", "port", "headers", "body"}, headers being [name, value] pairs as sent: in order,
repeats kept. The body is text, and empty where there was none or its length was not stated.
"""

import argparse
import contextlib
import http.server
import json
import ssl
import threading

MAX_BODY = 16 * 1024 * 1024
# How often a server looks whether it is to end: the tests start hundreds of them.
POLL_SECONDS = 0.02
REPLY_TEXT = "pong"
# What a sign-in ends with, which `claude setup-token` prints.
MINTED_TOKEN = "sk-ant-oat01-CANARY-minted-".ljust(106, "x") + "AA"
MODEL = {"type": "model", "id": "claude-test", "display_name": "test", "created_at": "2026-01-01T00:00:00Z"}


def message(model, content, stop_reason):
    return {
        "id": "msg_01", "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": stop_reason, "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def message_events(model):
    """The same answer as a stream: (event, data) pairs in the order of the API."""
    block = {"type": "text", "text": ""}
    delta = {"type": "text_delta", "text": REPLY_TEXT}
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    return [
        ("message_start", {"message": message(model, [], None)}),
        ("content_block_start", {"index": 0, "content_block": block}),
        ("content_block_delta", {"index": 0, "delta": delta}),
        ("content_block_stop", {"index": 0}),
        ("message_delta", {"delta": end, "usage": {"output_tokens": 1}}),
        ("message_stop", {}),
    ]


def json_object(text):
    """The object that a body is, or None."""
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.record()
        self.send(200 if self.route() == "/" else 404, b"", "text/plain")

    def do_GET(self):
        self.record()
        if self.route() == "/v1/models":
            self.send_json(200, {"data": [MODEL], "has_more": False, "first_id": MODEL["id"], "last_id": MODEL["id"]})
        else:
            self.send_not_found()

    def do_POST(self):
        text = self.read_text()
        self.record(text)
        body = json_object(text)
        if body is None:
            self.close_connection = True
            self.send_error_json(400, "invalid_request_error", "the body is not a JSON object of a stated length")
        elif self.route() == "/v1/oauth/token" and body.get("grant_type") == "authorization_code":
            self.send_json(200, {"token_type": "Bearer", "access_token": MINTED_TOKEN, "scope": "user:inference",
                                 "expires_in": body.get("expires_in", 3600)})
        elif self.route() != "/v1/messages":
            self.send_not_found()
        elif body.get("stream"):
            events = message_events(body.get("model"))
            lines = [f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n" for name, data in events]
            self.send(200, "".join(lines).encode(), "text/event-stream")
        else:
            content = [{"type": "text", "text": REPLY_TEXT}]
            self.send_json(200, message(body.get("model"), content, "end_turn"))

    def refuse(self):
        self.record()
        self.close_connection = True
        self.send_not_found()

    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_CONNECT = refuse

    def route(self):
        return self.path.partition("?")[0]

    def record(self, body=""):
        self.server.keep({
            "method": self.command, "path": self.path, "port": self.server.server_port,
            "headers": [[name, value] for name, value in self.headers.items()], "body": body,
        })

    def read_text(self):
        """The body as far as it came: what was sent is recorded even where the client went away."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY:
            return ""
        try:
            return self.rfile.read(int(length)).decode(errors="replace")
        except OSError:
            return ""

    def send(self, status, body, content_type):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("request-id", "req_01")
        self.end_headers()
        self.wfile.write(body)

    def send_json(self, status, value):
        self.send(status, json.dumps(value).encode(), "application/json")

    def send_not_found(self):
        self.send_error_json(404, "not_found_error", f"the stand-in does not serve {self.command} {self.route()}")

    def send_error_json(self, status, kind, text):
        self.send_json(status, {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_01"})

    def log_message(self, *args):
        pass  # the records are the log


class MessagesServer(http.server.ThreadingHTTPServer):
    """Listens on 127.0.0.1; port 0 takes any free one. `requests` may be read at any time. With `identity`, a file
    that holds a private key and the certificates for it, it speaks TLS.
    """

    daemon_threads = True

    def __init__(self, port=0, records=None, identity=None):
        super().__init__(("127.0.0.1", port), Handler)
        self.url = f"http{'s' if identity else ''}://127.0.0.1:{self.server_port}"
        self.tls = None
        if identity:
            self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.tls.load_cert_chain(identity)
        self.requests = []
        self.lock = threading.Lock()
        self.file = records

    def finish_request(self, request, client_address):
        """In the request's own thread, so that a client that says nothing keeps nobody waiting."""
        if not self.tls:
            super().finish_request(request, client_address)
            return
        with contextlib.suppress(OSError):  # it does not trust us, or went away
            with self.tls.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)

    def keep(self, request):
        with self.lock:
            self.requests.append(request)
            if self.file:
                self.file.write(json.dumps(request) + "\n")
                self.file.flush()

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.shutdown()
        self.server_close()


def main():
    parser = argparse.ArgumentParser(description="A recording stand-in for the Messages API.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("records", metavar="RECORDS")
    args = parser.parse_args()
    with open(args.records, "a", encoding="utf-8") as records:
        server = MessagesServer(args.port, records)
        print(server.url, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
