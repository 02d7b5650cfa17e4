# SPDX-License-Identifier: MIT
"""keystile modules: what is installed, from the modules' notes (design, section 8)."""

import os
import re

import pytest
from stage import INSTALLED, debug

MODULE_KEYS = {"name", "version", "summary", "kinds", "transports", "network", "confinement", "lacking", "options",
               "environment"}
OPTION_KEYS = {"name", "type", "required", "choices", "default", "help"}


def listed(stage, *args):
    result = stage.run("modules", "--json", *args)
    assert result.json["version"] == 1
    return {module["name"]: module for module in result.json["modules"]}


def test_modules_are_listed_with_what_they_are(stage):
    stage.install("login")
    result = stage.run("modules")
    assert (result.status, result.err) == (0, "")
    rows = {line.split()[0]: line for line in result.out.splitlines()[1:]}
    assert list(rows) == ["debug", "env", "login"]
    assert re.search(r"1\.0\.0 +api-key, gateway-token +api, cli +a variable of the environment", rows["env"])
    assert re.search(r"1\.0\.0 +stored-login +cli +a stored login", rows["login"])


def test_columns_are_aligned_under_their_heads(stage):
    head, *rows = stage.run("modules").out.splitlines()
    for word in head.split()[1:]:
        assert all(row[head.index(word) - 1] == " " != row[head.index(word)] for row in rows)


@pytest.mark.parametrize("name", ["env", "env.so"])
def test_a_name_shows_options_and_help(stage, name):
    result = stage.run("modules", name)
    assert (result.status, result.err) == (0, "")
    assert re.search(r"var +variable +optional +ANTHROPIC_API_KEY +\S", result.out)
    assert re.search(r"kind +api-key\|gateway-token +optional +api-key +\S", result.out)
    assert re.search(r"base-url +url +optional +\S+ +\S", result.out)
    for text in ("a variable of the environment", "1.0.0", "ANTHROPIC_AUTH_TOKEN_FILE"):
        assert text in result.out


def test_a_module_without_options_is_shown(stage):
    stage.install("login")
    result = stage.run("modules", "login")
    assert result.status == 0 and "stored-login" in result.out


def test_json_of_all_and_of_one(stage):
    found = listed(stage)
    assert set(found) == {"env", "debug"}
    assert listed(stage, "env") == {"env": found["env"]}
    env = found["env"]
    assert all(set(module) == MODULE_KEYS for module in found.values())
    assert (env["version"], env["kinds"], env["transports"], env["network"]) == (
        "1.0.0", ["api-key", "gateway-token"], ["api", "cli"], False)
    assert "ANTHROPIC_API_KEY" in env["environment"]
    assert all(set(option) == OPTION_KEYS for option in env["options"])
    (var,) = [option for option in env["options"] if option["name"] == "var"]
    assert (var["type"], var["required"], var["default"]) == ("variable", False, "ANTHROPIC_API_KEY")
    (kind,) = [option for option in env["options"] if option["name"] == "kind"]
    assert (kind["choices"], kind["default"]) == (["api-key", "gateway-token"], "api-key")


@pytest.mark.parametrize("name", ["nowhere", "nowhere.so", "../env", "", ".", "/etc/passwd", "a" * 300])
def test_a_module_that_is_not_there_is_78(stage, name):
    for args in (["modules", name], ["modules", "--json", name]):
        result = stage.run(*args)
        assert (result.status, result.out) == (78, "") and result.message


def spoil_text(path):
    path.write_bytes(b"this is no module\n")


def spoil_owner(path):
    os.chown(path, 12345, 12345)


def spoil_mode(path):
    path.chmod(0o666)


def spoil_name(path):
    path.rename(path.with_name("other.so"))


@pytest.mark.parametrize("spoil", [spoil_text, spoil_owner, spoil_mode, spoil_name])
@pytest.mark.needs_root
def test_a_module_that_cannot_be_used_is_told_and_the_others_are_listed(stage, spoil):
    spoil(stage.install("login"))
    result = stage.run("modules")
    assert result.status == 78
    assert ("other.so" if spoil is spoil_name else "login.so") in result.message
    assert [line.split()[0] for line in result.out.splitlines()[1:]] == ["debug", "env"]
    assert set(listed(stage)) == {"debug", "env"}


def test_files_that_are_no_modules_are_left_alone(stage):
    (stage.modules / "README").touch()
    (stage.modules / ".hidden.so").touch()
    result = stage.run("modules")
    assert (result.status, result.err) == (0, "")


def test_a_folder_of_modules_that_is_not_there_is_told(stage):
    result = stage.run("modules", env={"KEYSTILE_TEST_MODULES": str(stage.folder / "nowhere")})
    assert result.status != 0 and "nowhere" in result.message


def test_no_code_of_a_module_runs(stage):
    log = stage.folder / "loaded"
    stage.run("modules", env={"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(log)})
    assert stage.run("modules", "debug", env={"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(log)}).status == 0
    text = "".join(path.read_text(encoding="utf-8") for path in stage.folder.glob("loaded*"))
    assert "libc.so" in text and "debug.so" not in text and "env.so" not in text


def test_an_output_that_cannot_be_written_is_70(stage):
    with open("/dev/full", "wb") as full:
        assert stage.run("modules", stdout=full).status == 70
        assert stage.run("modules", "env", stdout=full).status == 70


def test_installed_modules(stage):
    result = stage.run("modules", command=INSTALLED)
    assert result.status == 0
    names = [line.split()[0] for line in result.out.splitlines()[1:]]
    assert "env" in names and "debug" not in names


# --- what a stack loads (design, section 3) -------------------------------------------------------------------------

def loaded(stage, *args):
    """The modules that were mapped by a run that succeeds."""
    log = stage.folder / "loaded"
    result = stage.run(*args, reveals=True, env={"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(log)})
    assert result.status == 0
    text = "".join(path.read_text(encoding="utf-8") for path in stage.folder.glob("loaded*"))
    return {name for name in ("env.so", "debug.so") if f"/{name}" in text}


def test_a_module_behind_the_winner_is_not_loaded(stage):
    stage.write(debug(), "any sufficient env.so")
    assert loaded(stage, "get") == {"debug.so"}


def test_a_module_whose_entry_is_skipped_is_not_loaded(stage):
    stage.write("cli sufficient env.so", debug())
    assert loaded(stage, "get") == {"debug.so"}


def test_check_loads_all(stage):
    stage.write(debug(), "any sufficient env.so")
    assert loaded(stage, "check", "default") == {"debug.so", "env.so"}


def test_a_module_is_verified_before_any_runs(stage):
    stage.write(debug(), "any sufficient env.so")
    (stage.modules / "env.so").unlink()
    assert stage.get().status == 78


def test_a_module_is_a_bare_name_in_one_directory(stage):
    stage.write(f"any sufficient {stage.modules}/debug.so")
    assert stage.get().status == 78
    stage.write("any sufficient ../modules/debug.so")
    assert stage.get().status == 78
    stage.write("any sufficient debug")
    assert stage.get().status == 78
