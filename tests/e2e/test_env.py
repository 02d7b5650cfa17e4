# SPDX-License-Identifier: MIT
"""env.so: a variable of the environment, or the file that VARIABLE_FILE names (design, section 7)."""

import os

import pytest
from stage import (API_KEY, GATEWAY, GATEWAY_TOKEN, OTHER_KEY, STRANGER, entry)

pytestmark = pytest.mark.both_homes

ELSEWHERE = "https://elsewhere.example"


def key_file(stage, text=API_KEY, mode=0o600, name="key"):
    path = stage.home / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def first(stage, **env):
    """The exit status, and what is said first."""
    result = stage.get("-f", "json", env=env)
    return result.status, (result.messages or [""])[0]


# --- which variable -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, name, kind", [
    ({}, "ANTHROPIC_API_KEY", "api-key"),
    ({"kind": "api-key"}, "ANTHROPIC_API_KEY", "api-key"),
    ({"kind": "gateway-token"}, "ANTHROPIC_AUTH_TOKEN", "gateway-token"),
    ({"var": "MY_KEY"}, "MY_KEY", "api-key"),
    ({"var": "MY_TOKEN", "kind": "gateway-token"}, "MY_TOKEN", "gateway-token"),
])
def test_the_variable_and_its_file_form(stage, options, name, kind):
    text = API_KEY if kind == "api-key" else GATEWAY_TOKEN
    stage.write(entry("env", base_url=GATEWAY, **options))
    path = key_file(stage, f"{text}\n")
    for env, source in (({name: text}, name), ({f"{name}_FILE": str(path)}, str(path))):
        found = stage.json(env=env)
        assert (found["secret"], found["kind"], found["source"]) == (text, kind, source)


@pytest.mark.parametrize("env, word", [({}, "is not set"), ({"ANTHROPIC_API_KEY": ""}, "empty"),
                                       ({"ANTHROPIC_API_KEY_FILE": ""}, "is not set")])
def test_absent_and_empty_are_not_configured(stage, env, word):
    stage.write(entry("env"))
    status, message = first(stage, **env)
    assert status == 1
    assert "ANTHROPIC_API_KEY" in message and word in message and "ANTHROPIC_API_KEY_FILE" in message


def test_both_forms_set_are_invalid(stage):
    stage.write(entry("env"))
    status, message = first(stage, ANTHROPIC_API_KEY=API_KEY, ANTHROPIC_API_KEY_FILE=str(key_file(stage)))
    assert status == 65 and "ANTHROPIC_API_KEY" in message and "_FILE" in message


def test_an_empty_form_beside_the_other_does_no_harm(stage):
    stage.write(entry("env"))
    assert stage.json(env={"ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_API_KEY_FILE": ""})["secret"] == API_KEY
    path = str(key_file(stage))
    assert stage.json(env={"ANTHROPIC_API_KEY": "", "ANTHROPIC_API_KEY_FILE": path})["secret"] == API_KEY


# --- the file -------------------------------------------------------------------------------------------------------

def spoil_owner(path):
    os.chown(path, STRANGER, STRANGER)


def spoil_link(path):
    path.rename(path.with_name("real"))
    path.symlink_to("real")


def spoil_folder(path):
    path.unlink()
    path.mkdir()


def spoil_fifo(path):
    path.unlink()
    os.mkfifo(path, 0o600)


@pytest.mark.parametrize("spoil, status", [
    (lambda path: path.unlink(), 1),
    (lambda path: path.write_text("", encoding="utf-8"), 1),
    (lambda path: path.write_text("\n", encoding="utf-8"), 1),
    (lambda path: path.chmod(0o640), 65), (lambda path: path.chmod(0o604), 65), (lambda path: path.chmod(0o620), 65),
    (spoil_owner, 65), (spoil_link, 65), (spoil_folder, 65), (spoil_fifo, 65),
    (lambda path: path.write_text(API_KEY + "\n" + API_KEY, encoding="utf-8"), 65),
    (lambda path: path.write_text("x" * 100000, encoding="utf-8"), 65),
    (lambda path: path.write_bytes(API_KEY.encode() + b"\0"), 65),
], ids=["absent", "empty", "blank", "group-reads", "others-read", "group-writes", "owner", "link", "folder", "fifo",
        "two-lines", "huge", "nul"])
@pytest.mark.needs_root
def test_a_file_that_will_not_do(stage, spoil, status):
    stage.write(entry("env"))
    path = key_file(stage)
    spoil(path)
    found, message = first(stage, ANTHROPIC_API_KEY_FILE=str(path))
    assert found == status and str(path) in message and ";" in message


@pytest.mark.parametrize("path", ["key", "./key", "~/key"])
def test_a_path_must_be_absolute(stage, path):
    stage.write(entry("env"))
    key_file(stage)
    status, message = first(stage, ANTHROPIC_API_KEY_FILE=path)
    assert status == 65 and "ANTHROPIC_API_KEY_FILE" in message


@pytest.mark.parametrize("trust, mode, uid, status", [
    ("private", 0o600, 0, 0), ("private", 0o640, 0, 65),
    ("group", 0o640, 0, 0), ("group", 0o600, 0, 0), ("group", 0o660, 0, 65), ("group", 0o644, 0, 65),
    ("group", 0o640, STRANGER, 65),
    ("mounted", 0o644, 0, 0), ("mounted", 0o666, 0, 65), ("mounted", 0o644, STRANGER, 65),
])
@pytest.mark.needs_root
def test_trust_of_the_file(stage, trust, mode, uid, status):
    stage.write(entry("env", trust=trust))
    path = key_file(stage, mode=mode)
    os.chown(path, uid, uid)
    assert first(stage, ANTHROPIC_API_KEY_FILE=str(path))[0] == status


@pytest.mark.no_memcheck
def test_a_mounted_file_may_be_a_link_inside_its_folder_and_no_other(stage):
    stage.write(entry("env", trust="mounted"))
    inside = key_file(stage, name="real")
    (stage.home / "key").symlink_to("real")
    assert first(stage, ANTHROPIC_API_KEY_FILE=str(stage.home / "key"))[0] == 0
    (stage.home / "key").unlink()
    inside.rename(stage.work / "real")
    (stage.home / "key").symlink_to("../here/real")
    assert first(stage, ANTHROPIC_API_KEY_FILE=str(stage.home / "key"))[0] == 65


# --- the base URL ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, env, expected", [
    ({}, {}, None),
    ({}, {"ANTHROPIC_BASE_URL": ""}, None),
    ({}, {"ANTHROPIC_BASE_URL": GATEWAY}, GATEWAY),
    ({"base_url": GATEWAY}, {}, GATEWAY),
    ({"base_url": GATEWAY}, {"ANTHROPIC_BASE_URL": ELSEWHERE}, GATEWAY),
    ({"base_url_var": "MY_URL"}, {"ANTHROPIC_BASE_URL": ELSEWHERE}, None),
    ({"base_url_var": "MY_URL"}, {"ANTHROPIC_BASE_URL": ELSEWHERE, "MY_URL": GATEWAY}, GATEWAY),
])
def test_a_key_is_bound_to_the_url_that_was_set_with_it(stage, options, env, expected):
    stage.write(entry("env", **options))
    found = stage.json(env={"ANTHROPIC_API_KEY": API_KEY, **env})
    assert (found["base_url"], found["payer"]) == (expected, "gateway" if expected else "api")


@pytest.mark.parametrize("url", ["http://gateway.example", "nonsense", "https://user:CANARY@gateway.example"])
def test_an_ill_formed_url_of_the_environment_is_invalid(stage, url):
    stage.write(entry("env"))
    assert first(stage, ANTHROPIC_API_KEY=API_KEY, ANTHROPIC_BASE_URL=url)[0] == 65


def test_a_gateway_token_without_a_url_is_invalid(stage):
    stage.write(entry("env", kind="gateway-token"))
    status, message = first(stage, ANTHROPIC_AUTH_TOKEN=GATEWAY_TOKEN)
    assert status == 65 and "ANTHROPIC_BASE_URL" in message and "base-url=" in message


def test_the_workspace_goes_with_the_key(stage):
    stage.write(entry("env", workspace="wrkspc_1"))
    found = stage.json(env={"ANTHROPIC_API_KEY": OTHER_KEY})
    assert found["headers"] == {"x-api-key": OTHER_KEY, "anthropic-workspace-id": "wrkspc_1"}


# --- what is too long -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, name, word", [
    ({}, "ANTHROPIC_API_KEY", "has more than 16384 bytes"), ({}, "ANTHROPIC_API_KEY", "has a value of more than 60 KiB"),
    ({}, "ANTHROPIC_API_KEY_FILE", "has a value of more than 60 KiB"),
    ({}, "ANTHROPIC_BASE_URL", "has a value of more than 60 KiB"),
    ({"base_url_var": "MY_URL"}, "MY_URL", "has a value of more than 60 KiB"),
])
def test_a_value_that_is_too_long_is_invalid_and_not_taken_for_none(stage, options, name, word):
    stage.write(entry("env", **options))
    length = 60 * 1024 + ("60 KiB" in word)
    status, message = first(stage, **{"ANTHROPIC_API_KEY": API_KEY, name: "/".ljust(length, "x")})
    assert status == 65 and f"{name} {word}" in message


def test_a_long_value_of_a_variable_that_is_not_asked_does_no_harm(stage):
    stage.write(entry("env", base_url=GATEWAY))
    assert stage.json(env={"ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": "x" * 70000})["base_url"] == GATEWAY


# --- what it may read -----------------------------------------------------------------------------------------------

def test_a_setup_token_in_the_variable_of_a_key_is_invalid_and_says_where_it_belongs(stage):
    stage.write(entry("env"))
    status, message = first(stage, ANTHROPIC_API_KEY="sk-ant-oat01-CANARY")
    assert status == 65 and "CLAUDE_CODE_OAUTH_TOKEN" in message
