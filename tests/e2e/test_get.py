# SPDX-License-Identifier: MIT
"""keystile get: its formats, its transports and payers, its base URL, its terminal and its exit statuses.

(design, sections 2, 4 and 8)
"""

import datetime
import os
import re
import signal
import time

import pytest
from stage import (API_KEY, FEDERATED_TOKEN, FIRST_PARTY, GATEWAY, GATEWAY_TOKEN, GET_KEYS, OTHER_KEY, SETUP_TOKEN,
                   debug, entry, fingerprint, secret)
from terminal import run_on_terminal

pytestmark = pytest.mark.both_homes

FORMATS = ["secret", "json", "env", "header", "helper"]

# One credential of each kind, as debug.so delivers it.
KINDS = {
    "api-key": {"kind": "api-key", "secret": API_KEY},
    "bound-key": {"kind": "api-key", "secret": API_KEY, "base_url": GATEWAY},
    "gateway-token": {"kind": "gateway-token", "secret": GATEWAY_TOKEN, "base_url": GATEWAY},
    "federated-token": {"kind": "federated-token", "secret": FEDERATED_TOKEN},
    "setup-token": {"kind": "setup-token", "secret": SETUP_TOKEN},
    "stored-login": {"kind": "stored-login"},
}


# --- what is printed ------------------------------------------------------------------------------------------------

def test_get_prints_the_secret_and_a_newline(stage):
    stage.write(debug())
    result = stage.get()
    assert (result.status, result.out, result.err) == (0, f"{API_KEY}\n", "")


def test_format_secret_is_the_default(stage):
    stage.write(debug())
    assert stage.get("-f", "secret").out == stage.get().out == f"{API_KEY}\n"


def test_default_service_is_called_default(stage):
    stage.write(debug(secret=API_KEY), service="default")
    stage.write(debug(secret=OTHER_KEY), service="ci")
    assert stage.get().out == stage.get("-s", "default").out == f"{API_KEY}\n"
    assert stage.get("-s", "ci").out == f"{OTHER_KEY}\n"


@pytest.mark.parametrize("name, args, expected", [
    ("api-key", [], [f"x-api-key: {API_KEY}"]),
    ("bound-key", ["--base-url", GATEWAY], [f"x-api-key: {API_KEY}"]),
    ("gateway-token", ["--base-url", GATEWAY], [f"Authorization: Bearer {GATEWAY_TOKEN}"]),
    ("federated-token", [], [f"Authorization: Bearer {FEDERATED_TOKEN}", "anthropic-beta: oauth-2025-04-20"]),
])
def test_format_header_prints_lines_for_curl(stage, name, args, expected):
    stage.write(debug(**KINDS[name]))
    result = stage.get("-f", "header", *args)
    assert (result.status, result.err) == (0, "")
    assert result.out.endswith("\n") and sorted(result.out.splitlines()) == sorted(expected)


def test_format_header_carries_the_workspace(stage):
    stage.write(debug(workspace="wrkspc_1"))
    assert set(stage.get("-f", "header").out.splitlines()) == {
        f"x-api-key: {API_KEY}", "anthropic-workspace-id: wrkspc_1"}


@pytest.mark.parametrize("name, args, expected", [
    ("api-key", [], [f"ANTHROPIC_API_KEY={API_KEY}"]),
    ("bound-key", [], [f"ANTHROPIC_API_KEY={API_KEY}", f"ANTHROPIC_BASE_URL={GATEWAY}"]),
    ("gateway-token", [], [f"ANTHROPIC_AUTH_TOKEN={GATEWAY_TOKEN}", f"ANTHROPIC_BASE_URL={GATEWAY}"]),
    ("setup-token", ["-t", "cli"], [f"CLAUDE_CODE_OAUTH_TOKEN={SETUP_TOKEN}"]),
    ("stored-login", ["-t", "cli"], []),
])
def test_format_env_prints_what_is_to_be_set(stage, name, args, expected):
    stage.write(debug(**KINDS[name]))
    result = stage.get("-f", "env", *args)
    assert (result.status, result.err) == (0, "")
    assert sorted(result.out.splitlines()) == sorted(expected)
    assert result.out == "" or result.out.endswith("\n")


def test_format_env_names_the_config_dir_of_a_stored_login(stage):
    stage.write(debug(kind="stored-login", config_dir="/srv/claude"))
    assert stage.get("-f", "env", "-t", "cli").out == "CLAUDE_CONFIG_DIR=/srv/claude\n"


def test_format_env_carries_the_workspace_in_a_custom_header(stage):
    stage.write(debug(workspace="wrkspc_1"))
    lines = dict(line.split("=", 1) for line in stage.get("-f", "env").out.splitlines())
    assert set(lines) == {"ANTHROPIC_API_KEY", "ANTHROPIC_CUSTOM_HEADERS"}
    assert re.fullmatch("anthropic-workspace-id: ?wrkspc_1", lines["ANTHROPIC_CUSTOM_HEADERS"])


def test_format_env_values_may_have_every_harmless_character(stage):
    harmless = "ABCXYZabcxyz0189._~+/=:@-CANARY"
    stage.write(debug(kind="gateway-token", secret=harmless, base_url=GATEWAY))
    assert f"ANTHROPIC_AUTH_TOKEN={harmless}" in stage.get("-f", "env").out.splitlines()


@pytest.mark.parametrize("character", list("!\"#$%&'()*,;<>?[\\]^`{|}"))
def test_format_env_refuses_other_characters(stage, character):
    stage.write(debug(kind="gateway-token", secret=f"gw-CANARY{character}x", base_url=GATEWAY))
    result = stage.get("-f", "env")
    assert (result.status, result.out) == (70, "")
    assert "ANTHROPIC_AUTH_TOKEN" in result.message and "-f json" in result.message


# --- JSON -----------------------------------------------------------------------------------------------------------

def test_json_has_the_documented_keys_and_no_others(stage):
    for options in KINDS.values():
        stage.write(debug(**options))
        assert set(stage.json("-t", "any")) == GET_KEYS


def test_json_is_one_line(stage):
    stage.write(debug())
    assert stage.get("-f", "json").out.count("\n") == 1


@pytest.mark.parametrize("name, expected", [
    ("api-key", {
        "kind": "api-key", "transport": "api", "transports": ["api", "cli"], "secret": API_KEY, "payer": "api",
        "base_url": None, "headers": {"x-api-key": API_KEY}, "fingerprint": fingerprint(API_KEY)}),
    ("bound-key", {
        "kind": "api-key", "transport": "api", "transports": ["api", "cli"], "secret": API_KEY, "payer": "gateway",
        "base_url": GATEWAY, "headers": {"x-api-key": API_KEY}, "fingerprint": fingerprint(API_KEY)}),
    ("gateway-token", {
        "kind": "gateway-token", "transport": "api", "transports": ["api", "cli"], "secret": GATEWAY_TOKEN,
        "payer": "gateway", "base_url": GATEWAY, "headers": {"Authorization": f"Bearer {GATEWAY_TOKEN}"},
        "fingerprint": fingerprint(GATEWAY_TOKEN)}),
    ("federated-token", {
        "kind": "federated-token", "transport": "api", "transports": ["api"], "secret": FEDERATED_TOKEN,
        "payer": "api", "base_url": None, "fingerprint": fingerprint(FEDERATED_TOKEN),
        "headers": {"Authorization": f"Bearer {FEDERATED_TOKEN}", "anthropic-beta": "oauth-2025-04-20"}}),
    ("setup-token", {
        "kind": "setup-token", "transport": "cli", "transports": ["cli"], "secret": SETUP_TOKEN,
        "payer": "subscription", "base_url": None, "headers": {}, "fingerprint": fingerprint(SETUP_TOKEN)}),
    ("stored-login", {
        "kind": "stored-login", "transport": "cli", "transports": ["cli"], "secret": None, "payer": "subscription",
        "base_url": None, "headers": {}, "fingerprint": None}),
])
def test_json_of_each_kind(stage, name, expected):
    stage.write(debug(source="here", **KINDS[name]), service="ci")
    found = stage.json("-s", "ci", "-t", "any")
    del found["env"]
    assert found == {**expected, "version": 1, "service": "ci", "source": "here", "module": "debug.so",
                     "attributes": {}, "expires_at": None}


@pytest.mark.parametrize("name, expected", [
    ("api-key", {"ANTHROPIC_API_KEY": API_KEY}),
    ("bound-key", {"ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": GATEWAY}),
    ("gateway-token", {"ANTHROPIC_AUTH_TOKEN": GATEWAY_TOKEN, "ANTHROPIC_BASE_URL": GATEWAY}),
    ("setup-token", {"CLAUDE_CODE_OAUTH_TOKEN": SETUP_TOKEN}),
    ("stored-login", {}),
])
def test_json_env_sets_what_carries_it_and_unsets_the_rest_with_null(stage, name, expected):
    stage.write(debug(**KINDS[name]))
    env = stage.json("-t", "any")["env"]
    assert {key: value for key, value in env.items() if value is not None} == expected
    for rival in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_BASE_URL"):
        assert rival in expected or env[rival] is None


def test_json_attributes(stage):
    stage.write(debug(workspace="wrkspc_1", config_dir="/srv/claude"))
    found = stage.json()
    assert found["attributes"] == {"workspace": "wrkspc_1", "config-dir": "/srv/claude"}
    assert found["headers"]["anthropic-workspace-id"] == "wrkspc_1"


def test_json_expires_at_is_rfc_3339_in_utc(stage):
    stage.write(debug(expires_in=3600))
    text = stage.json()["expires_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    assert abs(moment - time.time() - 3600) < 20


def test_json_expires_at_does_not_depend_on_the_time_zone(stage):
    stage.write(debug(expires_in=3600))
    text = stage.json(env={"TZ": "Pacific/Kiritimati"})["expires_at"]
    assert abs(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - time.time() - 3600) < 20


@pytest.mark.parametrize("length", [31, 32])
def test_fingerprint_is_not_given_for_a_secret_under_32_characters(stage, length):
    text = secret("gw-", "short", length)
    stage.write(debug(kind="gateway-token", secret=text, base_url=GATEWAY))
    assert stage.json()["fingerprint"] == (fingerprint(text) if length == 32 else None)


def test_json_source_and_module_of_env(stage):
    stage.write(entry("env"))
    found = stage.json(env={"ANTHROPIC_API_KEY": API_KEY})
    assert (found["source"], found["module"]) == ("ANTHROPIC_API_KEY", "env.so")


def test_json_escapes_what_a_source_may_hold(stage):
    stage.write(debug(source='a "b" \\ c\u00e9'))
    assert stage.json()["source"] == 'a "b" \\ c\u00e9'


# --- transports -----------------------------------------------------------------------------------------------------

def test_get_asks_for_api_by_default(stage):
    stage.write(debug(**KINDS["setup-token"]), debug(secret=OTHER_KEY))
    assert stage.get().out == f"{OTHER_KEY}\n"


@pytest.mark.parametrize("name, transport, status", [
    ("api-key", "api", 0), ("api-key", "cli", 0), ("api-key", "any", 0),
    ("gateway-token", "api", 0), ("gateway-token", "cli", 0), ("gateway-token", "any", 0),
    ("federated-token", "api", 0), ("federated-token", "cli", 1), ("federated-token", "any", 0),
    ("setup-token", "api", 1), ("setup-token", "cli", 0), ("setup-token", "any", 0),
    ("stored-login", "api", 1), ("stored-login", "cli", 0), ("stored-login", "any", 0),
])
def test_transport_of_each_kind(stage, name, transport, status):
    stage.write(debug(**KINDS[name]))
    assert stage.get("-f", "json", "-t", transport).status == status


def test_transport_any_grants_api_where_both_are_possible(stage):
    stage.write(debug())
    assert stage.json("-t", "any")["transport"] == "api"
    assert stage.json("-t", "cli")["transport"] == "cli"


@pytest.mark.parametrize("column, claim, ceiling", [
    ("any", "any", ["api", "cli"]), ("api", "any", ["api"]), ("cli", "any", ["cli"]),
    ("any", "api", ["api"]), ("any", "cli", ["cli"]), ("api", "api", ["api"]), ("cli", "cli", ["cli"]),
])
def test_transports_are_the_ceiling_before_the_request(stage, column, claim, ceiling):
    stage.write(debug(column, transports=claim))
    for asked in ["any", *ceiling]:
        assert stage.json("-t", asked)["transports"] == ceiling


@pytest.mark.parametrize("column, claim", [("api", "cli"), ("cli", "api")])
def test_an_empty_intersection_of_entry_and_claim_gives_nothing(stage, column, claim):
    stage.write(debug(column, transports=claim))
    result = stage.get("-t", "any")
    assert (result.status, result.out) == (1, "")


def test_a_setup_token_is_printed_where_cli_was_written(stage):
    stage.write(debug(**KINDS["setup-token"]))
    assert stage.get("-t", "cli").out == stage.get("-t", "any").out == f"{SETUP_TOKEN}\n"


@pytest.mark.parametrize("claim", ["api", "any"])
def test_a_setup_token_never_gets_to_the_api_whatever_its_module_claims(stage, claim):
    stage.write(debug(transports=claim, **KINDS["setup-token"]))
    assert stage.get("-t", "api").status in (1, 70)
    assert stage.get("-f", "header", "-t", "any").status in (70, 77)
    assert stage.get("-f", "helper").status in (1, 70)


def test_format_header_of_a_cli_credential_is_denied_with_the_advice_to_use_exec(stage):
    stage.write(debug(**KINDS["setup-token"]))
    result = stage.get("-f", "header", "-t", "cli")
    assert result.status == 77 and "keystile exec" in result.message


# --- handles --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("form", ["json", "env"])
def test_a_handle_is_given_by_json_and_env(stage, form):
    stage.install("login")
    stage.write(entry("login"))
    assert stage.get("-f", form, "-t", "any").status == 0


@pytest.mark.parametrize("form", ["secret", "header"])
@pytest.mark.parametrize("lines", [[entry("login")], [debug(kind="stored-login")]], ids=["login", "debug"])
def test_a_handle_is_skipped_by_other_formats_with_the_advice_to_use_exec(stage, form, lines):
    stage.install("login")
    stage.write(*lines)
    result = stage.get("-f", form, "-t", "any")
    assert result.status == 1 and "keystile exec" in result.messages[0]


def test_a_skipped_handle_makes_room_for_the_next_entry(stage):
    stage.install("login")
    stage.write(entry("login", control="requisite"), debug())
    assert stage.get("-t", "any").out == f"{API_KEY}\n"


def test_a_handle_is_not_skipped_where_it_can_be_given(stage):
    stage.install("login")
    stage.write(entry("login"), debug())
    assert stage.json("-t", "any")["kind"] == "stored-login"


# --- the base URL ---------------------------------------------------------------------------------------------------

BOUND = ["bound-key", "gateway-token"]


@pytest.mark.parametrize("form", ["secret", "header"])
@pytest.mark.parametrize("name", BOUND)
def test_a_bound_credential_is_not_given_where_no_base_url_is_stated(stage, form, name):
    stage.write(debug(**KINDS[name]))
    result = stage.get("-f", form)
    assert (result.status, result.out) == (77, "")
    assert all(text in result.message for text in (GATEWAY, "--base-url", "-f json"))


@pytest.mark.parametrize("form", ["secret", "header"])
@pytest.mark.parametrize("name", BOUND)
def test_a_bound_credential_is_not_given_for_another_base_url(stage, form, name):
    stage.write(debug(**KINDS[name]))
    for url in ("https://elsewhere.example/claude", "https://gateway.example", FIRST_PARTY):
        result = stage.get("-f", form, "--base-url", url)
        assert (result.status, result.out) == (77, "")
        assert GATEWAY in result.message


@pytest.mark.parametrize("form", ["secret", "header"])
@pytest.mark.parametrize("url", [GATEWAY, GATEWAY + "/", "https://Gateway.Example/claude",
                                 "https://gateway.example:443/claude"])
def test_a_bound_credential_is_given_where_base_url_states_the_same(stage, form, url):
    stage.write(debug(**KINDS["bound-key"]))
    result = stage.get("-f", form, "--base-url", url)
    assert result.status == 0 and API_KEY in result.out


@pytest.mark.parametrize("form", ["json", "env"])
@pytest.mark.parametrize("name", BOUND)
def test_json_and_env_carry_the_base_url_and_need_none_stated(stage, form, name):
    stage.write(debug(**KINDS[name]))
    result = stage.get("-f", form)
    assert result.status == 0 and GATEWAY in result.out


@pytest.mark.parametrize("form", FORMATS)
def test_base_url_that_is_not_the_credentials_is_denied_in_every_format(stage, form):
    stage.write(debug(**KINDS["bound-key"]))
    result = stage.get("-f", form, "--base-url", "https://elsewhere.example", env={"ANTHROPIC_BASE_URL": GATEWAY})
    assert (result.status, result.out) == (77, "")


def test_a_first_party_key_is_given_for_the_first_party_only(stage):
    stage.write(debug())
    assert stage.get("--base-url", FIRST_PARTY).out == f"{API_KEY}\n"
    result = stage.get("--base-url", GATEWAY)
    assert (result.status, result.out) == (77, "")
    assert "--base-url" in result.message


def test_a_cli_credential_is_given_for_no_base_url(stage):
    stage.write(debug(**KINDS["setup-token"]))
    assert stage.get("-t", "cli", "--base-url", FIRST_PARTY).status == 77


@pytest.mark.parametrize("url", ["", "gateway.example", "ftp://gateway.example", "http://gateway.example",
                                 "https://user@gateway.example", "https://gateway.example/?a=b",
                                 "https://gateway.example/#x", "https://gateway.example/ x"])
def test_an_ill_formed_base_url_is_a_usage_error(stage, url):
    stage.write(debug())
    result = stage.get("--base-url", url)
    assert result.status == 64 and "--base-url" in result.message


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:8080/x", "http://[::1]:8080"])
def test_http_is_accepted_for_loopback(stage, url):
    stage.write(debug(base_url=url))
    assert stage.get("--base-url", url).out == f"{API_KEY}\n"


@pytest.mark.parametrize("url", ["http://gateway.example", "http://10.0.0.1", "http://127.0.0.1.gateway.example"])
def test_http_is_accepted_for_nothing_else(stage, url):
    stage.write(debug(base_url=url))
    assert stage.get("-f", "json").status == 65
    stage.write(entry("env", base_url=url))
    assert stage.get("-f", "json", env={"ANTHROPIC_API_KEY": API_KEY}).status == 78


def test_a_gateway_token_is_always_bound(stage):
    stage.write(debug(kind="gateway-token", secret=GATEWAY_TOKEN))
    result = stage.get("-f", "json")
    assert result.status == 65 and "base-url" in result.messages[0]


# --- who pays -------------------------------------------------------------------------------------------------------

PAYERS = {"api-key": "api", "bound-key": "gateway", "gateway-token": "gateway", "federated-token": "api",
          "setup-token": "subscription", "stored-login": "subscription"}


@pytest.mark.parametrize("payer", ["api", "subscription", "gateway"])
@pytest.mark.parametrize("name", KINDS)
def test_payer_takes_no_other(stage, name, payer):
    stage.write(debug(**KINDS[name]))
    result = stage.get("-f", "json", "-t", "any", "-p", payer)
    assert result.status == (0 if PAYERS[name] == payer else 1)
    if result.status == 0:
        assert result.json["payer"] == payer


def test_payer_goes_on_to_the_entry_that_is_paid_right(stage):
    stage.write(*(debug(**KINDS[name]) for name in ("api-key", "setup-token", "gateway-token")))
    kinds = {payer: stage.json("-t", "any", "-p", payer)["kind"] for payer in ("api", "subscription", "gateway")}
    assert kinds == {"api": "api-key", "subscription": "setup-token", "gateway": "gateway-token"}


def test_payer_says_what_was_passed_over_and_why(stage):
    stage.write(entry("env"))
    result = stage.get("-t", "any", "-p", "subscription", env={"ANTHROPIC_API_KEY": API_KEY})
    assert (result.status, result.out) == (1, "")
    assert "env.so" in result.messages[0] and "pay" in result.messages[0]
    assert "subscription" in result.messages[-1]


# --- the apiKeyHelper contract --------------------------------------------------------------------------------------

def test_helper_prints_one_printable_token(stage):
    stage.write(debug())
    result = stage.get("-f", "helper")
    assert (result.status, result.out, result.err) == (0, f"{API_KEY}\n", "")


def test_helper_gives_what_the_api_may_have_and_nothing_else(stage):
    for name, options in KINDS.items():
        stage.write(debug(**options))
        status = stage.get("-f", "helper", env={"ANTHROPIC_BASE_URL": options.get("base_url", "")}).status
        assert (name, status) == (name, 1 if name in ("setup-token", "stored-login") else 0)


def test_helper_asks_for_api_whatever_transport_any_says(stage):
    stage.write(debug(**KINDS["setup-token"]), debug())
    assert stage.get("-f", "helper", "-t", "any").out == f"{API_KEY}\n"


def test_helper_and_transport_cli_contradict(stage):
    stage.write(debug())
    assert stage.get("-f", "helper", "-t", "cli").status == 64


@pytest.mark.parametrize("name, url, status", [
    ("bound-key", GATEWAY, 0), ("bound-key", GATEWAY + "/", 0),
    ("bound-key", None, 77), ("bound-key", "", 77), ("bound-key", "https://elsewhere.example", 77),
    ("bound-key", "nonsense", 77),
    ("gateway-token", GATEWAY, 0), ("gateway-token", None, 77),
    ("api-key", None, 0), ("api-key", "", 0), ("api-key", FIRST_PARTY, 0), ("api-key", GATEWAY, 77),
    ("federated-token", GATEWAY, 77),
])
def test_helper_gives_a_credential_only_for_the_base_url_of_the_environment(stage, name, url, status):
    stage.write(debug(**KINDS[name]))
    result = stage.get("-f", "helper", env={} if url is None else {"ANTHROPIC_BASE_URL": url})
    assert result.status == status
    assert status == 0 or "ANTHROPIC_BASE_URL" in result.message


def test_helper_with_a_key_and_a_url_that_were_set_together(stage):
    stage.write(entry("env"))
    result = stage.get("-f", "helper", env={"ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": GATEWAY})
    assert (result.status, result.out) == (0, f"{API_KEY}\n")


@pytest.mark.parametrize("lines, status", [
    ([debug(result="denied"), debug(result="unavailable"), debug(result="expired")], 77),
    ([debug(result="not-configured"), debug(result="not-configured")], 1),
    ([debug(result="error")], 70),
    ([debug("cli"), debug("cli")], 1),
    (["any sufficient debug.so nonsense=1 more=2", "nonsense"], 78),
    ([], 78),
])
def test_helper_fails_in_one_line(stage, lines, status):
    stage.write(*lines)
    result = stage.get("-f", "helper")
    assert (result.status, result.out) == (status, "")
    assert result.message


def test_helper_says_in_its_line_what_the_deciding_entry_said(stage):
    path = stage.write(debug(result="unavailable"),
                       debug(result="denied", source="vault", reason="says no", remedy="ask"))
    assert stage.get("-f", "helper").message == f"{path}:2: debug.so: denied: vault says no; ask"


# --- standard output ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("form", FORMATS)
def test_get_refuses_a_terminal(stage, form):
    stage.write(debug())
    status, text = run_on_terminal(lambda **streams: stage.popen("get", "-f", form, **streams), "stdout", "stderr")
    assert status == 64
    assert text.startswith("keystile: ") and "--show" in text and text.count("\n") == 1
    assert API_KEY not in text


def test_get_shows_a_secret_on_a_terminal_where_told_to(stage):
    stage.write(debug())
    status, text = run_on_terminal(lambda **streams: stage.popen("get", "--show", **streams), "stdout")
    assert (status, text) == (0, f"{API_KEY}\n")


def test_show_changes_nothing_on_a_pipe(stage):
    stage.write(debug())
    assert stage.get("--show").out == f"{API_KEY}\n"


def test_a_terminal_on_standard_error_alone_is_no_hindrance(stage):
    stage.write(debug())
    assert run_on_terminal(lambda **streams: stage.popen("get", **streams), "stdin", "stderr") == (0, "")


@pytest.mark.parametrize("form", FORMATS)
def test_a_full_output_is_70(stage, form):
    stage.write(debug())
    with open("/dev/full", "wb") as full:
        result = stage.run("get", "-f", form, stdout=full)
    assert result.status == 70 and "standard output" in result.message


@pytest.mark.no_memcheck
def test_a_closed_output_is_70(stage):
    stage.write(debug())
    result = stage.run("get", preexec_fn=lambda: os.close(1))
    assert result.status == 70 and "standard output" in result.message


def test_an_output_that_is_not_open_takes_no_other_file_for_it(stage):
    path = stage.write(debug())
    before = path.read_bytes()
    result = stage.run("get", preexec_fn=lambda: (os.close(0), os.close(1), os.close(2)))
    assert result.status == 70
    assert path.read_bytes() == before


def test_a_reader_that_went_away_is_70_where_sigpipe_is_ignored(stage):
    stage.write(debug())
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        result = stage.run("get", stdout=theirs, restore_signals=False,
                           preexec_fn=lambda: signal.signal(signal.SIGPIPE, signal.SIG_IGN))
    finally:
        os.close(theirs)
    assert result.status == 70 and "standard output" in result.message


def test_get_works_where_standard_input_and_error_are_closed(stage):
    stage.write(debug())
    result = stage.run("get", reveals=True, preexec_fn=lambda: (os.close(0), os.close(2)))
    assert (result.status, result.out) == (0, f"{API_KEY}\n")


# --- what a delivery must be ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("text, kind, base_url, status", [
    # the table of prefixes: what an API key may begin with
    ("sk-ant-api03-CANARY", "api-key", None, 0),
    ("sk-ant-usr-CANARY", "api-key", None, 0),
    ("sk-ant-svc-CANARY", "api-key", None, 0),
    # a prefix only takes away: an OAuth token is no API key, whoever says so
    ("sk-ant-oat01-CANARY", "api-key", None, 65),
    ("sk-ant-oat01-CANARY", "api-key", GATEWAY, 65),
    ("sk-ant-oat01-CANARY", "gateway-token", GATEWAY, 65),
    ("sk-ant-oat01-CANARY", "setup-token", None, 0),
    ("sk-ant-oat2-CANARY", "setup-token", None, 0),
    ("sk-ant-oat01-CANARY", "federated-token", None, 0),
    ("sk-ant-oat-CANARY", "setup-token", None, 65),
    # nothing
    ("sk-ant-ort01-CANARY", "api-key", None, 65),
    ("sk-ant-sid01-CANARY", "setup-token", None, 65),
    ("sk-ant-admin01-CANARY", "api-key", None, 65),
    ("sk-ant-api01-CANARY", "api-key", None, 65),
    ("sk-ant-ort01-CANARY", "gateway-token", GATEWAY, 65),
    ("sk-ant-new01-CANARY", "api-key", None, 65),
    ("sk-ant-new01-CANARY", "gateway-token", GATEWAY, 65),
    # an API key is one for the API
    ("sk-ant-api03-CANARY", "setup-token", None, 65),
    ("sk-ant-api03-CANARY", "federated-token", None, 65),
    ("sk-ant-api03-CANARY", "gateway-token", GATEWAY, 65),
    ("sk-ant-api03-CANARY", "api-key", GATEWAY, 0),
    # anything else
    ("CANARY-of-a-gateway", "gateway-token", GATEWAY, 0),
    ("CANARY-of-a-gateway", "api-key", GATEWAY, 0),
    ("CANARY-of-a-gateway", "api-key", None, 65),
    ("CANARY-of-a-gateway", "setup-token", None, 65),
    ("SK-ANT-API03-CANARY", "api-key", None, 65),
    # no bytes that no credential has
    ("sk-ant-api03-CANARY with blank", "api-key", None, 65),
    ("sk-ant-api03-CANARY\u00e9", "api-key", None, 65),
])
def test_prefix_and_bytes_against_kind(stage, text, kind, base_url, status):
    bound = {"base_url": base_url} if base_url else {}
    stage.write(debug(kind=kind, secret=text, **bound))
    result = stage.get("-f", "json", "-t", "any")
    assert result.status == status


def test_an_unknown_prefix_is_said_to_be_unknown(stage):
    stage.write(debug(secret="sk-ant-new01-CANARY"))
    assert "a kind of Anthropic credential this version does not know" in stage.get().messages[0]


def test_accept_allows_a_new_prefix_for_an_api_key_on_its_entry(stage):
    text = "sk-ant-new01-CANARY"
    stage.write(debug(secret=text, at_accept="sk-ant-new01-"))
    assert stage.get().out == f"{text}\n"
    stage.write(debug(secret=text, at_accept="sk-ant-new02-"))
    assert stage.get().status == 65
    stage.write(debug(result="not-configured", at_accept="sk-ant-new01-"), debug(secret=text))
    assert stage.get().status == 65


@pytest.mark.parametrize("prefix", ["sk-ant-ort01-", "sk-ant-oat01-", "sk-ant-sid01-", "sk-ant-admin01-",
                                    "sk-ant-api01-", "gw-", "sk-ant-", "sk-ant-new"])
def test_accept_cannot_allow_what_the_table_refuses(stage, prefix):
    stage.write(debug(secret=f"{prefix}CANARY", at_accept=prefix))
    assert stage.get().status == 78


def test_accept_makes_no_other_kind_of_it(stage):
    stage.write(debug(kind="setup-token", secret="sk-ant-new01-CANARY", at_accept="sk-ant-new01-"))
    assert stage.get("-t", "cli").status == 65


def test_a_secret_loses_one_line_end(stage):
    path = stage.home / "key"
    path.write_text(f"{API_KEY}\n", encoding="utf-8")
    path.chmod(0o600)
    stage.write(entry("env"))
    assert stage.get(env={"ANTHROPIC_API_KEY_FILE": str(path)}).out == f"{API_KEY}\n"
    path.write_text(f"{API_KEY}\n\n", encoding="utf-8")
    assert stage.get(env={"ANTHROPIC_API_KEY_FILE": str(path)}).status == 65


@pytest.mark.parametrize("seconds, status", [(-3600, 65), (0, 65), (3600, 0)])
def test_a_past_expiry_is_expired(stage, seconds, status):
    stage.write(debug(expires_in=seconds))
    result = stage.get()
    assert result.status == status
    assert status == 0 or ": expired: " in result.messages[0]
