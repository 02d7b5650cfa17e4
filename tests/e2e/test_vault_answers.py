# SPDX-License-Identifier: MIT
"""vault.so, and what stands in an answer: JSON that is none, data of another shape, versions that are gone, fields
that are no credential, and words of the server's that must not all be told. (design, section 7; keystile-vault(8))"""

import json

import pytest
import vault_steps as steps
from stage import API_KEY, CANARY, FEDERATED_TOKEN
from vault_rows import READ, TOKEN, Row, kv2, params, play, whole

ONCE = [READ]
TEXT = json.dumps(kv2())
PAST, FUTURE = "2026-01-02T03:04:05.678901234Z", "2099-01-02T03:04:05.678901234Z"


def senseless(name, body, *says):
    """An answer that is none."""
    return Row(name, steps.answer(body), "unavailable", says or ("JSON",), ONCE)


def deep(count, opening, closing):
    return f'{{"data":{opening * count}1{closing * count}}}'


NO_JSON = [
    senseless("nothing", b""),
    senseless("blanks", b"  \r\n"),
    senseless("a page", "<html><head><title>Welcome</title></head></html>"),
    senseless("truncated", TEXT[:-1]),
    senseless("something behind it", TEXT + "x"),
    senseless("two objects", TEXT + TEXT),
    senseless("UTF-16", TEXT.encode("utf-16")),
    senseless("a byte order mark", b"\xef\xbb\xbf" + TEXT.encode()),
    senseless("no UTF-8", TEXT.replace("api_key", "api\xff").encode("latin-1")),
    senseless("a NUL in it", TEXT.replace(": ", ":\0", 1).encode()),
    senseless("a NUL behind it", TEXT.encode() + b"\0"),
    senseless("a line end in a string", TEXT.replace("api_key", "api\nkey")),
    senseless("half a surrogate", TEXT.replace("api_key", "\\ud800")),
    senseless("single quotes", TEXT.replace('"', "'")),
    senseless("a comma too many", TEXT[:-1] + ",}"),
    senseless("deep lists", deep(100_000, "[", "]")),
    senseless("deep objects", deep(100_000, '{"data":', "}")),
    senseless("the field twice", TEXT.replace('"api_key"', '"api_key": "other", "api_key"')),
    senseless("data twice", TEXT.replace('"data"', '"data": {"data": {"api_key": "other"}}, "data"', 1)),
    senseless("a list", f"[{TEXT}]"),
    senseless("a string", json.dumps(TEXT)),
    senseless("a number", "5"),
    senseless("null", "null"),
    senseless("a NUL in a name", TEXT.replace('"custom_metadata"', '"custom\\u0000metadata"')),
    senseless("a number that no machine holds", TEXT.replace('"version": 3', '"version": 3' + "0" * 400)),
]

WRONG = {"null": None, "a list": [kv2()], "a string": "text", "a number": 3, "true": True, "empty": {}}
SHAPES = [
    senseless("no data", {"errors": None}, "{url}"),
    *(senseless(f"data is {name}", whole(value), "{url}") for name, value in WRONG.items()),
    *(senseless(f"data.data is {name}", whole({"data": value, "metadata": {"version": 3}}), "{url}")
      for name, value in WRONG.items() if name not in ("null", "empty")),
    senseless("data.data is null, and nothing more", whole({"data": None}), "{url}"),
    senseless("data.data is null, and metadata a string", whole({"data": None, "metadata": "text"}), "{url}"),
    Row("auth in the answer to a read", steps.answer(kv2() | {"auth": {"client_token": f"hvs.{CANARY}-other"}}),
        asked=ONCE),
    Row("members that nobody knows", steps.answer(kv2() | {"mount_type": "kv", "more": [{}]}), asked=ONCE),
    Row("wrapped", steps.answer(whole(None, wrap_info={"token": f"hvs.{CANARY}-wrapping", "ttl": 60})),
        "misconfigured", ("wrap",), ONCE),
    Row("wrapped, and the data beside it", steps.answer(kv2() | {"wrap_info": {"token": f"hvs.{CANARY}-wrapping"}}),
        "misconfigured", ("wrap",), ONCE),
    Row("VAULT_WRAP_TTL is not sent on", steps.answer(kv2()), asked=ONCE, env={"VAULT_WRAP_TTL": "60s"}),
]


def version(name, result, *says, status=200, data=None, **metadata):
    """A version's own state. One that is gone comes as a 404 without data."""
    body = kv2(**metadata)
    if status == 404:
        body["data"]["data"] = data
    return Row(name, steps.answer(body, status), result, says, ONCE)


VERSIONS = [
    version("deleted", "expired", "version 3", "deleted", "2026-01-02", status=404, deletion_time=PAST),
    version("destroyed", "expired", "version 3", "destroyed", status=404, destroyed=True),
    version("deleted, at the token", "expired", "version 3", status=404, deletion_time=f"a-{TOKEN}-b"),
    version("deleted, then destroyed", "expired", "version 3", "destroyed", status=404, deletion_time=PAST,
            destroyed=True),
    version("deleted, and the data beside it", "expired", "{url}", deletion_time=PAST),
    Row("to be deleted", steps.answer(kv2(deletion_time=FUTURE)), asked=ONCE, expires_at="2099-01-02T03:04:05Z"),
    Row("to be deleted, in another zone", steps.answer(kv2(deletion_time="2099-01-02T05:04:05+02:00")), asked=ONCE,
        expires_at="2099-01-02T03:04:05Z"),
    version("to be deleted at no time", "unavailable", "{url}", "deletion_time", deletion_time="soon"),
    version("to be deleted at a number", "unavailable", "{url}", "deletion_time", deletion_time=4102444800),
    version("to be deleted at Go's time zero", "ok", deletion_time="0001-01-01T00:00:00Z"),
    Row("no metadata", steps.answer(whole({"data": {"api_key": API_KEY}})), asked=ONCE),
    Row("another version", steps.answer(kv2()), asked=["GET secret/data/ai/claude?version=3 as static"],
        options={"version": 3}),
    Row("the newest version, which nobody asked for", steps.answer(kv2()), "unavailable", ("another version", "{url}"),
        ["GET secret/data/ai/claude?version=2 as static"], options={"version": 2}),
    Row("the newest version, as 0 asks for", steps.answer(kv2()),
        asked=["GET secret/data/ai/claude?version=0 as static"], options={"version": 0}),
]


def field(name, value, result="invalid", *says):
    """A field that is no credential. What it holds is not told."""
    return Row(name, steps.answer(kv2({"api_key": value})), result, ("{url}", *says), ONCE)


def no_text(name, value):
    return field(name, value, "invalid", "api_key")


NAMED = ("{url}", "name of a field")

FIELDS = [
    no_text("null", None),
    no_text("a number", 12345678),
    no_text("true", True),
    no_text("a list", [API_KEY]),
    no_text("an object", {"value": API_KEY}),
    no_text("empty", ""),
    field("blank", " \t"),
    no_text("a NUL in it", API_KEY + "\0" + API_KEY),
    no_text("a NUL behind it", API_KEY + "\0"),
    field("a line end in it", API_KEY[:60] + "\n" + API_KEY[60:]),
    field("a blank before it", " " + API_KEY),
    field("no ASCII", API_KEY[:-2] + "é"),
    field("64 KiB of it", API_KEY + "x" * 65536),
    field("an OAuth token", FEDERATED_TOKEN),
    field("an admin key", f"sk-ant-admin01-{CANARY}".ljust(108, "x")),
    field("a kind that nobody knows", f"sk-ant-zzz01-{CANARY}".ljust(108, "x")),
    Row("a line end behind it", steps.answer(kv2({"api_key": API_KEY + "\n"})), asked=ONCE),
    Row("a NUL beside it", steps.answer(kv2({"api_key": API_KEY, "note": "a\0b"})), asked=ONCE),
    Row("missing", steps.answer(kv2({"key": API_KEY, "user": f"{CANARY}-user"})), "misconfigured",
        ("api_key", "key", "user", "{url}"), ONCE),
    Row("missing, and nothing there", steps.answer(kv2({})), "misconfigured", ("api_key",), ONCE),
    Row("missing, and thousands are there", steps.answer(kv2({f"field-{i}": API_KEY for i in range(5000)})),
        "misconfigured", ("api_key", "field-"), ONCE),
    Row("missing, and names that are no words", steps.answer(kv2({"a\nb\x1b[31mc": "", "d" * 5000: "", "é": ""})),
        "misconfigured", ("api_key",), ONCE),
    Row("a value where the name should be", steps.answer(kv2({API_KEY: "api_key"})), "misconfigured", ("api_key",),
        ONCE),
    Row("a header of VAULT_HEADERS in a name", steps.answer(kv2({f"x{CANARY}0123456789x": API_KEY})), "unavailable",
        NAMED, ONCE, env={"VAULT_HEADERS": json.dumps({"X-Gateway": f"{CANARY}0123456789"})}),
    Row("the token in a name", steps.answer(kv2({f"a-{TOKEN}-b": API_KEY})), "unavailable", NAMED, ONCE),
    Row("the token in a name beside it", steps.answer(kv2({"api_key": API_KEY, f"a-{TOKEN}-b": ""})), "unavailable",
        NAMED, ONCE),
    Row("the token in a name of the metadata", steps.answer(kv2(custom_metadata={f"a-{TOKEN}-b": ""})), "unavailable",
        NAMED, ONCE),
]


# What logs in to a gateway before the server.
HEADERS = {"Authorization": f"Basic {CANARY}OfAGateway", "CF-Access-Client-Secret": f"{CANARY}0123456789"}


def told(name, body, *says, env=None):
    """Words of a server that refuses: some are told, and no secret, no control character, no more than a few."""
    return Row(name, steps.answer(body, 400), "misconfigured", ("400", *says), ONCE, env=env or {})


WORDS = [
    told("a reason", {"errors": ["no handler for route"]}, "no handler for route"),
    told("two reasons", {"errors": ["first", "second"]}, "first", "second"),
    told("no reason", {"errors": []}),
    told("no errors", {}),
    told("10000 reasons", {"errors": ["reason"] * 10000}, "reason"),
    told("a long reason", {"errors": ["reason " + "x" * 100_000]}, "reason"),
    told("reasons of other types", {"errors": [None, 3, ["x"], {}, "reason"]}, "reason"),
    told("errors are a string", {"errors": "reason"}),
    told("errors are an object", {"errors": {"reason": "x"}}),
    told("control characters", {"errors": ["one\ntwo\rthree\0four\x1b[31mfive\x9b6\x7f\u202e"]}, "one"),
    told("a line of ours", {"errors": ["x\nkeystile: default: vault.so: ok"]}),
    told("the token", {"errors": [f"bad token {TOKEN}"]}, "bad token"),
    told("the token in quotes", {"errors": [f'token "{TOKEN}": bad']}),
    told("the token in a word", {"errors": [f"token={TOKEN},{TOKEN};x{TOKEN}x"]}),
    told("the token all over", {"errors": [f"{'x' * i}{TOKEN}" for i in range(300)]}),
    *(told(f"the token behind {size} bytes", {"errors": ["x" * size + " " + TOKEN]}) for size in range(150, 260, 10)),
    told("another token", {"errors": [f"parent hvs.{CANARY}-parent-of-it"]}),
    told("another token in a word", {"errors": [f"parent=hvs.{CANARY}-parent-of-it"]}),
    told("the secret", {"errors": [f"cannot store {API_KEY}"]}),
    told("the secret in a word", {"errors": [f"api_key={API_KEY}", f"{{api_key:{API_KEY}}}", f"'{API_KEY}'"]}),
    told("a page that shows the request", f"<pre>GET /v1 HTTP/1.1\r\nX-Vault-Token: {TOKEN}\r\n</pre>", "GET /v1"),
    *(told(f"a header of VAULT_HEADERS, {name}", body, env={"VAULT_HEADERS": json.dumps(HEADERS)})
      for name, body in (("whole", {"errors": [HEADERS["Authorization"]]}),
                         ("without its scheme", {"errors": [HEADERS["Authorization"].partition(" ")[2]]}),
                         ("of a gateway", {"errors": [f"bad client secret x{HEADERS['CF-Access-Client-Secret']}x"]}),
                         ("on a page", f"<pre>Authorization: {HEADERS['Authorization']}</pre>"))),
    Row("a header in a warning", steps.answer(kv2() | {"warnings": [f"x{HEADERS['Authorization']}x"]}), "ok", ("***",),
        ONCE, env={"VAULT_HEADERS": json.dumps(HEADERS)}),
    told("half a body that shows it", '{"errors":["' + TOKEN),
    Row("warnings", steps.answer(kv2() | {"warnings": ["a warning"]}), "ok", ("a warning",), ONCE),
    Row("6000 warnings", steps.answer(kv2() | {"warnings": [f"{TOKEN}\n\x1b[31m", API_KEY] * 3000}), "ok", ("***",),
        ONCE),
    Row("warnings of other types", steps.answer(kv2() | {"warnings": {"x": 1}}), asked=ONCE),
    Row("errors beside the answer", steps.answer(kv2() | {"errors": ["x"]}), asked=ONCE),
]

ROWS = {"json": NO_JSON, "shape": SHAPES, "version": VERSIONS, "field": FIELDS, "words": WORDS}


@pytest.mark.parametrize("row", params(ROWS))
def test_answer(stage, certificates, row):
    play(stage, certificates, row)
