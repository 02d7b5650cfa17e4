# SPDX-License-Identifier: MIT
"""What Vault makes of a login by AWS: the request to STS that came along is taken apart, and its signature made again
from the headers that came with it. (Vault's API documentation, auth/aws; IAM User Guide, "Create a signed AWS API
request")
"""

import base64
import dataclasses
import datetime
import hashlib
import hmac
import json
import re

BODY = "Action=GetCallerIdentity&Version=2011-06-15"
FIELDS = {"iam_http_request_method", "iam_request_url", "iam_request_body", "iam_request_headers"}
SIGNED = ["content-type", "host", "x-amz-date"]
AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/sts/aws4_request, "
                           r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})")
# What a clock may be off, on a machine that has other things to do.
SLACK = datetime.timedelta(minutes=5)


@dataclasses.dataclass(frozen=True)
class Keys:
    access: str
    secret: str
    token: str = None


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signature(secret, region, headers, names):
    """Of the request to STS with these headers."""
    date = headers["x-amz-date"]
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    request = "\n".join(["POST", "/", "", lines, ";".join(names), hashlib.sha256(BODY.encode()).hexdigest()])
    scope = f"{date[:8]}/{region}/sts/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for word in scope.split("/"):
        key = mac(key, word)
    return mac(key, text).hex()


def headers_of(body):
    """Those of the request to STS, each once, by their names in small letters."""
    packed = json.loads(base64.b64decode(body["iam_request_headers"], validate=True))
    assert all(isinstance(value, list) and len(value) == 1 for value in packed.values())
    headers = {name.lower(): value[0] for name, value in packed.items()}
    assert len(headers) == len(packed)
    return headers


def check_login(body, keys, region="us-east-1", host="sts.amazonaws.com", role=None, server_id=None):
    """All of a login's body is as Vault wants it, signed with these keys, and the secret key is nowhere in it."""
    assert body.keys() == FIELDS | ({"role"} if role else set())
    assert body.get("role") == role
    assert body["iam_http_request_method"] == "POST"
    assert base64.b64decode(body["iam_request_url"], validate=True).decode() == f"https://{host}/"
    assert base64.b64decode(body["iam_request_body"], validate=True).decode() == BODY
    headers = headers_of(body)
    names = SIGNED + ["x-amz-security-token"] * bool(keys.token) + ["x-vault-aws-iam-server-id"] * bool(server_id)
    assert headers.keys() == {"authorization", *names}
    assert headers["content-type"] == "application/x-www-form-urlencoded; charset=utf-8"
    assert headers["host"] == host
    assert headers.get("x-amz-security-token") == keys.token
    assert headers.get("x-vault-aws-iam-server-id") == server_id
    made = datetime.datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    assert abs(datetime.datetime.now(datetime.timezone.utc) - made) < SLACK
    access, day, where, listed, signed = AUTHORIZATION.fullmatch(headers["authorization"]).groups()
    assert (access, day, where) == (keys.access, headers["x-amz-date"][:8], region)
    assert listed.split(";") == names
    assert signed == signature(keys.secret, region, headers, names), "another signature"
    everything = [json.dumps(body), *(base64.b64decode(body[name]).decode() for name in FIELDS if name.endswith(
        ("url", "body", "headers")))]
    assert not any(keys.secret in text for text in everything), "the secret key went along"
