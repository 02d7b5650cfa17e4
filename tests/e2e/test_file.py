# SPDX-License-Identifier: MIT
"""file.so: a file that holds the secret alone, variables, or JSON. (design, section 7)"""

import json

import pytest
from files import EVERY_FORMAT, FORMATS, stack, told, write
from stage import API_KEY, FIRST_PARTY, GATEWAY, GATEWAY_TOKEN, OTHER_KEY, SETUP_TOKEN, entry

pytestmark = pytest.mark.both_homes

KIB = 1024
LONG = "x" * (64 * KIB)
LONG_KEY = API_KEY + LONG


@pytest.fixture(autouse=True)
def module(stage):
    stage.install("file")


# --- the formats ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, text, secret", [
    ({}, API_KEY, API_KEY), ({"format": "plain"}, f"{API_KEY}\n", API_KEY), ({}, f"{API_KEY}\r\n", API_KEY),
    ({"kind": "api-key"}, API_KEY, API_KEY),
    ({"kind": "gateway-token", "base_url": GATEWAY}, GATEWAY_TOKEN, GATEWAY_TOKEN),
    ({"format": "dotenv"}, f"OTHER={OTHER_KEY}\nexport ANTHROPIC_API_KEY = '{API_KEY}' # mine\n", API_KEY),
    ({"format": "dotenv"}, f'ANTHROPIC_AUTH_TOKEN=x\r\nANTHROPIC_API_KEY="{API_KEY}"\r\n', API_KEY),
    ({"format": "dotenv", "field": "MY.key-1"}, f"ANTHROPIC_API_KEY={OTHER_KEY}\nMY.key-1={API_KEY}", API_KEY),
    ({"format": "dotenv", "field": "ANTHROPIC_BASE_URL"}, f"ANTHROPIC_BASE_URL={API_KEY}", API_KEY),
    ({"format": "dotenv", "kind": "gateway-token", "base_url": GATEWAY},
     f"ANTHROPIC_API_KEY={API_KEY}\nANTHROPIC_AUTH_TOKEN={GATEWAY_TOKEN}\n", GATEWAY_TOKEN),
    ({"format": "json", "field": "a key"}, json.dumps({"a key": API_KEY, "b": OTHER_KEY}), API_KEY),
    ({"format": "json", "field": "a/b"}, json.dumps({"a": {"b": OTHER_KEY}, "a/b": API_KEY}), API_KEY),
    ({"format": "json", "field": "/a/1/b~1c~0"}, json.dumps({"a": [0, {"b/c~": API_KEY}]}), API_KEY),
    ({"format": "json", "field": "key"}, '{"key": "\\u0073k-ant' + API_KEY[6:-1] + '\\u0041"}', API_KEY),
    ({"format": "json", "field": "key"}, json.dumps({"key": API_KEY + "\n"}), API_KEY),
    ({"format": "json", "field": "key"}, f'\r\n {{"k\\u0065y"\t: "{API_KEY}"}} \n', API_KEY),
])
def test_what_is_read(stage, options, text, secret):
    path = write(stack(stage, **options), text)
    found = stage.json()
    assert (found["secret"], found["source"], found["module"]) == (secret, str(path), "file.so")
    assert (found["kind"], found["transports"]) == (options.get("kind", "api-key"), ["api", "cli"])


def test_a_path_may_begin_at_home(stage):
    path = write(stage.home / "key", API_KEY)
    stage.write(entry("file", path="~/key"))
    assert stage.json()["source"] == str(path)


def test_a_program_gets_what_was_in_the_file(stage):
    write(stack(stage), API_KEY)
    result = stage.run("exec", "--", "printenv", "ANTHROPIC_API_KEY", reveals=True)
    assert (result.status, result.out, result.err) == (0, f"{API_KEY}\n", "")


@pytest.mark.parametrize("options, text, outcome, word", [
    ({}, "", "not-configured", "is empty"), ({}, "\r\n\n", "not-configured", "is empty"),
    ({}, " \n", "invalid", "at byte 1 of 1"), ({}, f" {API_KEY}", "invalid", "at byte 1 of"),
    ({}, f"{API_KEY} \n", "invalid", "at byte 109 of 109"), ({}, f"{API_KEY}\n\n", "invalid", "line break at byte"),
    ({}, f"{API_KEY}\n{OTHER_KEY}\n", "invalid", "line break at byte 109"),
    ({}, f"\ufeff{API_KEY}", "invalid", "at byte 1 of 111"), ({}, API_KEY.encode("utf-16"), "invalid", "byte 1 of"),
    ({}, f"{API_KEY}\0", "invalid", "at byte 109 of"), ({}, SETUP_TOKEN, "invalid", "CLAUDE_CODE_OAUTH_TOKEN"),
    ({}, "sk-ant-admin01-CANARY", "invalid", "Admin API key"), ({}, "CANARY", "invalid", "base-url="),
    ({"kind": "gateway-token", "base_url": GATEWAY}, API_KEY, "invalid", "not of kind gateway-token"),
    ({"kind": "gateway-token"}, GATEWAY_TOKEN, "invalid", "no base URL"),
    ({"format": "dotenv"}, "", "not-configured", "is empty"),
    ({"format": "dotenv"}, "OTHER=CANARY\n", "not-configured", "no variable 'ANTHROPIC_API_KEY'"),
    ({"format": "dotenv"}, "ANTHROPIC_API_KEY=\n", "not-configured", "an empty variable 'ANTHROPIC_API_KEY'"),
    ({"format": "dotenv", "kind": "gateway-token"}, "A=1", "not-configured", "no variable 'ANTHROPIC_AUTH_TOKEN'"),
    ({"format": "dotenv"}, f"A=1\n{API_KEY}\n", "invalid", "line 2 is no NAME=VALUE"),
    ({"format": "dotenv"}, f"\ufeffANTHROPIC_API_KEY={API_KEY}", "invalid", "line 1 begins with a byte order mark"),
    ({"format": "dotenv"}, f"A=1\nANTHROPIC_API_KEY={API_KEY}\0", "invalid", "line 2 has a NUL byte"),
    ({"format": "dotenv"}, f"ANTHROPIC_API_KEY={API_KEY}\n" * 2, "invalid", "line 2 sets a variable again"),
    ({"format": "dotenv"}, f"ANTHROPIC_API_KEY='{API_KEY}", "invalid", "line 1 opens a quote that nothing closes"),
    ({"format": "dotenv"}, "ANTHROPIC_API_KEY=${CANARY}", "invalid", "line 1 has a $"),
    ({"format": "dotenv"}, f'ANTHROPIC_API_KEY="{API_KEY}\\nx"', "invalid", "line break"),
])
def test_what_will_not_do(stage, options, text, outcome, word):
    path = write(stack(stage, **options), text)
    found, reason = told(stage, path)
    assert found == outcome and word in reason


@pytest.mark.parametrize("text, outcome, word", [
    ("", "not-configured", "is empty"), ("\n", "not-configured", "is empty"), (" ", "invalid", "no value"),
    ("null", "invalid", "neither an object nor an array"), ("7", "invalid", "neither an object nor an array"),
    ("{}", "not-configured", "no field 'key'"),
    ('{"Key": "CANARY"}', "not-configured", "no field 'key'"),
    ('{"a": {"key": "CANARY"}}', "not-configured", "no field 'key'"),
    ('{"key": null}', "not-configured", "an empty field 'key'"),
    ('{"key": ""}', "not-configured", "an empty field 'key'"),
    ('{"key": 12345}', "invalid", "something else than text in the field 'key'"),
    ('{"key": true}', "invalid", "something else than text"), ('{"key": ["CANARY"]}', "invalid", "something else"),
    ('{"key": {"CANARY": "CANARY"}}', "invalid", "something else than text in the field 'key'"),
    ('{"key": "CANARY", "key": "CANARY"}', "invalid", "the same key twice, at byte 19"),
    ('{"key": "CANARY", "k\\u0065y": "CANARY"}', "invalid", "the same key twice, at byte 19"),
    ('{"key": "CANARY\\u0000"}', "invalid", "a NUL character, at byte 16"),
    ('{"key": "CANARY", "b": "\\u0000"}', "invalid", "a NUL character"),
    (b'{"key": "CANARY\0"}', "invalid", "a control character, at byte 16"),
    (b'{"key": "CANARY\xff"}', "invalid", "not UTF-8, at byte 16"),
    (b'{"key": "CANARY\xed\xa0\x80"}', "invalid", "not UTF-8, at byte 16"),
    (b'{"key": "CANARY\xc0\xaf"}', "invalid", "not UTF-8, at byte 16"),
    ('{"key": "CANARY\\ud800"}', "invalid", "half of a surrogate pair stands alone"),
    ('{"key": "CANARY\\udc00\\ud800"}', "invalid", "half of a surrogate pair stands alone"),
    ('{"key": "CANARY\\x"}', "invalid", "makes no escape"),
    ('{"key": "CANARY\\u00g0"}', "invalid", "four hex digits"),
    ('\ufeff{"key": "CANARY"}', "invalid", "a byte order mark, at byte 1"),
    ('{"key": "CANARY"} CANARY', "invalid", "more text behind the value, at byte 19"),
    ('{"key": "CANARY"}{}', "invalid", "more text behind the value"),
    ('{"key": "CANARY",}', "invalid", "no key in quotes"), ("{'key': 'CANARY'}", "invalid", "no key in quotes"),
    ('{"key": "CANARY', "invalid", "a string does not end, at byte 9"), ('{"key": "CANARY"', "invalid", "or closed"),
    ('{"key": CANARY}', "invalid", "no value where one must be"), ("CANARY", "invalid", "no value where one must be"),
    ('{"key": "CANARY"} // CANARY', "invalid", "more text"),
    ('{"key": "CANARY"}'.encode("utf-16"), "invalid", "no value where one must be, at byte 1"),
    ('{"key": "sk-ant-api03-CANARY\\nCANARY"}', "invalid", "line break at byte 20 of 26"),
    ('{"key": "sk-ant-api03-CANARY\u00e4"}', "invalid", "at byte 20 of 21"),
    ('{"key": "CANARY", "a": ' + "[" * 32 + "]" * 32 + "}", "invalid", "nested too deeply, at byte 55"),
    ('{"key": "CANARY", "a": ' + "[" * 5000 + "]" * 5000 + "}", "invalid", "nested too deeply"),
    ('{"a":' * 5000, "invalid", "nested too deeply"),
    ('{"key": "CANARY", "a": [' + "0," * (100 * KIB) + "0]}", "invalid", "too many values"),
    ("[" * (200 * KIB), "invalid", "too many values"), ('{"key": "CANARY"}'.ljust(257 * KIB), "invalid", "too large"),
], ids=lambda value: value[:24] if isinstance(value, (str, bytes)) else None)
def test_json_that_will_not_do(stage, text, outcome, word):
    path = write(stack(stage, format="json", field="key"), text)
    found, reason = told(stage, path)
    assert found == outcome and word in reason


@pytest.mark.parametrize("rest", [
    "[" * 31 + "]" * 31, "[" + "0," * (20 * KIB) + "0]", json.dumps({f"k{i}": i for i in range(5000)}),
    '"' + "\\u00e4" * (32 * KIB) + '"', " " * (255 * KIB) + "1", "-0.5e-300", '"\\ud83d\\ude00"',
])
def test_json_that_is_deep_or_long_and_will_do(stage, rest):
    write(stack(stage, format="json", field="key"), f'{{"key": "{API_KEY}", "rest": {rest}}}')
    assert stage.json()["secret"] == API_KEY


# --- size -----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, text", [
    ({"format": "dotenv"}, f"OTHER={LONG}\n#{LONG}\nANTHROPIC_API_KEY={API_KEY}\n"),
    ({"format": "dotenv"}, f"OTHER='{LONG}\n'\nANTHROPIC_API_KEY={API_KEY}"),
    ({"format": "json", "field": "key"}, json.dumps({"other": LONG, "key": API_KEY})),
    ({"format": "json", "field": "key"}, json.dumps({LONG: LONG, "key": API_KEY})),
    ({"format": "json", "field": "key"}, f'{{"key": "{API_KEY}"}}'.ljust(65 * KIB)),
], ids=["dotenv", "dotenv-quoted", "json", "json-key", "json-blanks"])
def test_a_long_line_beside_the_key_does_no_harm(stage, options, text):
    write(stack(stage, **options), text)
    assert stage.json()["secret"] == API_KEY


@pytest.mark.parametrize("name, word", [
    ("plain", "is too large"), ("dotenv", "has more than 16384 bytes"), ("json", "has more than 16384 bytes")])
def test_a_key_as_long_as_that_is_invalid(stage, name, word):
    options, text = FORMATS[name]
    path = write(stack(stage, **options), text(LONG_KEY))
    outcome, reason = told(stage, path)
    assert outcome == "invalid" and word in reason


@EVERY_FORMAT
def test_the_longest_secret_that_a_helper_may_print_is_the_longest_here(stage, name):
    options, text = FORMATS[name]
    longest = API_KEY.ljust(16 * KIB, "x")
    path = write(stack(stage, **options), text(longest))
    assert stage.json()["secret"] == longest
    write(path, text(f"{longest}x"))
    outcome, reason = told(stage, path)
    assert outcome == "invalid" and "has more than 16384 bytes" in reason


@pytest.mark.parametrize("name", ["dotenv", "json"])
def test_a_file_of_256_kib_is_the_largest(stage, name):
    options, text = FORMATS[name]
    path = write(stack(stage, **options), text(API_KEY).ljust(256 * KIB))
    assert stage.json()["secret"] == API_KEY
    write(path, text(API_KEY).ljust(256 * KIB + 1))
    outcome, reason = told(stage, path)
    assert outcome == "invalid" and "too large" in reason


# --- what goes with the key -----------------------------------------------------------------------------------------

KEY_AND_URL = f"ANTHROPIC_API_KEY={API_KEY}\nANTHROPIC_BASE_URL={GATEWAY}\nMY_URL=https://mine.example\n"
JSON_URLS = json.dumps({"key": API_KEY, "url": GATEWAY, "urls": [GATEWAY], "none": None, "empty": "", "number": 1,
                        "first": FIRST_PARTY, "bad": "https://CANARY:CANARY@gateway.example"})


@pytest.mark.parametrize("options, text, expected", [
    ({}, f"{API_KEY}\n", None), ({"base_url": GATEWAY}, API_KEY, GATEWAY), ({"base_url": FIRST_PARTY}, API_KEY, None),
    ({"format": "dotenv"}, KEY_AND_URL, GATEWAY), ({"format": "dotenv"}, f"ANTHROPIC_API_KEY={API_KEY}\n", None),
    ({"format": "dotenv"}, f"ANTHROPIC_BASE_URL=\nANTHROPIC_API_KEY={API_KEY}\n", None),
    ({"format": "dotenv"}, KEY_AND_URL.replace(GATEWAY, f'"{FIRST_PARTY}"'), None),
    ({"format": "dotenv", "base_url": "https://b.example"}, KEY_AND_URL, "https://b.example"),
    ({"format": "dotenv", "base_url_field": "MY_URL"}, KEY_AND_URL, "https://mine.example"),
    ({"format": "json", "field": "key"}, JSON_URLS, None),
    ({"format": "json", "field": "key", "base_url": GATEWAY}, JSON_URLS, GATEWAY),
    ({"format": "json", "field": "/key", "base_url_field": "url"}, JSON_URLS, GATEWAY),
    ({"format": "json", "field": "key", "base_url_field": "/urls/0"}, JSON_URLS, GATEWAY),
    ({"format": "json", "field": "key", "base_url_field": "first"}, JSON_URLS, None),
])
def test_a_key_is_bound_to_the_url_that_was_written_with_it(stage, options, text, expected):
    """And to none of the environment's, which somebody else may have set."""
    write(stack(stage, **options), text)
    found = stage.json(env={"ANTHROPIC_BASE_URL": "https://elsewhere.example"})
    assert (found["base_url"], found["payer"]) == (expected, "gateway" if expected else "api")
    assert found["env"]["ANTHROPIC_BASE_URL"] == expected


@pytest.mark.parametrize("options, text, word", [
    ({"format": "dotenv"}, KEY_AND_URL.replace("https:", "http:"), "http"),
    ({"format": "dotenv"}, KEY_AND_URL.replace("//", "//CANARY@"), "cannot be one"),
    ({"format": "dotenv"}, KEY_AND_URL + "ANTHROPIC_BASE_URL=", "line 4 sets a variable again"),
    ({"format": "json", "field": "key", "base_url_field": "bad"}, JSON_URLS, "cannot be one"),
    # one that the entry names must be there: without it the API would be billed
    ({"format": "dotenv", "base_url_field": "NO_URL"}, KEY_AND_URL, "no URL in variable 'NO_URL'"),
    ({"format": "dotenv", "base_url_field": "EMPTY"}, KEY_AND_URL + "EMPTY=\n", "no URL in variable 'EMPTY'"),
    ({"format": "json", "field": "key", "base_url_field": "none"}, JSON_URLS, "an empty field 'none'"),
    ({"format": "json", "field": "key", "base_url_field": "empty"}, JSON_URLS, "an empty field 'empty'"),
    ({"format": "json", "field": "key", "base_url_field": "absent"}, JSON_URLS, "no field 'absent'"),
    ({"format": "json", "field": "key", "base_url_field": "number"}, JSON_URLS, "than text in the field 'number'"),
    ({"format": "json", "field": "key", "base_url_field": "urls"}, JSON_URLS, "than text in the field 'urls'"),
])
def test_an_ill_formed_url_in_the_file_is_invalid(stage, options, text, word):
    path = write(stack(stage, **options), text)
    outcome, reason = told(stage, path)
    assert outcome == "invalid" and word in reason


def test_a_gateway_token_finds_its_url_in_the_file(stage):
    text = f"ANTHROPIC_AUTH_TOKEN={GATEWAY_TOKEN}\nANTHROPIC_BASE_URL={GATEWAY}\n"
    write(stack(stage, format="dotenv", kind="gateway-token"), text)
    found = stage.json()
    assert (found["kind"], found["base_url"], found["headers"]) == (
        "gateway-token", GATEWAY, {"Authorization": f"Bearer {GATEWAY_TOKEN}"})


@EVERY_FORMAT
def test_the_workspace_goes_with_the_key(stage, name):
    options, text = FORMATS[name]
    write(stack(stage, workspace="wrkspc_1", **options), text(API_KEY))
    assert stage.json()["headers"] == {"x-api-key": API_KEY, "anthropic-workspace-id": "wrkspc_1"}


# --- what an entry may not say --------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, name, word", [
    ("", "path", "or credential="), ("format=json field=a", "path", "or credential="),
    ("path=/k credential=k", "path", "beside credential="), ("credential=k trust=mounted", "trust", "path= alone"),
    ("path=/k field=a", "field", "format=dotenv and format=json"),
    ("path=/k format=plain field=a", "field", "format=dotenv and format=json"),
    ("path=/k base-url-field=a", "base-url-field", "format=dotenv and format=json"),
    ("path=/k format=dotenv field=1A", "field", "no variable's name"),
    ("path=/k format=dotenv field=/A", "field", "no variable's name"),
    ("path=/k format=dotenv base-url-field=A=B", "base-url-field", "no variable's name"),
    ("path=/k format=json", "field", "is needed for format=json"),
    ("path=/k format=json base-url-field=a", "field", "is needed for format=json"),
    ("path=/k format=json field=/a~2", "field", "no JSON pointer"),
    ("path=/k format=json field=a base-url-field=/~", "base-url-field", "no JSON pointer"),
    ("path=/k format=dotenv base-url=https://b.example base-url-field=U", "base-url-field", "beside base-url="),
    ("path=/k format=json field=a base-url-field=a", "base-url-field", "is where the secret is"),
    ("path=/k format=dotenv field=A base-url-field=A", "base-url-field", "is where the secret is"),
    # the same by default
    ("path=/k format=dotenv base-url-field=ANTHROPIC_API_KEY", "base-url-field", "is where the secret is"),
    ("path=/k kind=gateway-token workspace=w", "workspace", "kind=api-key alone"),
    # what the core refuses by the type of the option
    ("path=key", "path", "absolute path"), ("path=./key", "path", "absolute path"), ("path=~a/b", "path", "absolute"),
    ("credential=a/b", "credential", "not a name"), ("credential=../a", "credential", "not a name"),
    ("credential=.a", "credential", "not a name"), ("path=/k format=yaml", "format", "plain|dotenv|json"),
    ("path=/k kind=setup-token", "kind", "api-key|gateway-token"),
    ("path=/k trust=public", "trust", "private|group|mounted"), ("path=/k workspace=a/b", "workspace", "not a name"),
    ("path=/k base-url=http://gateway.example", "base-url", "loopback"),
])
def test_an_entry_that_cannot_be_right_is_refused_unasked(stage, options, name, word):
    """At the place of the value; where the option is not there, at that of the module."""
    line = f"any sufficient file.so {options}".rstrip()
    place = line.find(f" {name}=") + len(f" {name}=") if f" {name}=" in line else line.index("file.so")
    path = stage.write("# one comment", line)
    result = stage.run("check")
    assert (result.status, result.out) == (78, "")
    assert result.message.startswith(f"{path}:2:{place + 1}: option {name}") and word in result.message
    assert stage.get().status == 78
