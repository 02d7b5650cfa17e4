# SPDX-License-Identifier: MIT
"""The command line itself: options, help, versions, messages and colours (design, sections 4 and 8)."""

import re

import pytest
from stage import API_KEY, BUILD, INSTALLED, OTHER_KEY, debug, shown
from terminal import run_on_terminal

COMMANDS = ["get", "exec", "explain", "check", "modules", "classify"]


@pytest.fixture(autouse=True)
def stack(stage):
    stage.write(debug())


# --- usage errors ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("args", [
    [], ["nonsense"], ["Get"], ["--nonsense"], ["-x"], ["--"], ["-s", "ci", "get"], [""],
    ["get", "--nonsense"], ["get", "-x"], ["get", "-s"], ["get", "-t"], ["get", "-p"], ["get", "-f"],
    ["get", "--base-url"], ["get", "--config-dir"], ["get", "--timeout"], ["get", "--show=yes"],
    ["get", "-t", "both"], ["get", "-t", ""], ["get", "-t", "API"], ["get", "-t", "api,cli"],
    ["get", "-p", "me"], ["get", "-p", "api,gateway"], ["get", "-p", ""],
    ["get", "-f", "yaml"], ["get", "-f", ""], ["get", "-v"], ["get", "-q"], ["get", "--json"], ["get", "extra"],
    ["get", "--sho"], ["get", "---show"], ["get", "-", "x"],
    ["get", "--timeout", "soon"], ["get", "--config-dir", ""],
    ["exec", "-f", "json", "true"], ["exec", "--show", "true"], ["exec", "--keep"], ["exec", "--keep", ""],
    ["exec", "--keep", "A=B", "true"], ["exec", "-t", "both", "true"], ["exec", "--allow-shadow=yes", "true"],
    ["explain", "-f", "json"], ["explain", "-v"], ["explain", "--keep", "A"],
    ["check", "-s", "default"], ["check", "-q"], ["check", "-t", "api"],
    ["modules", "env", "debug"], ["modules", "-v"],
    ["classify", "extra"], ["classify", "-v"], ["classify", "-s", "default"],
    ["--timeout", "get"], ["--config-dir"],
], ids=lambda args: " ".join(args) or "nothing")
def test_a_usage_error_is_64_and_one_line(stage, args):
    result = stage.run(*args)
    assert (result.status, result.out) == (64, "")
    assert result.message and "--help" in result.message


@pytest.mark.parametrize("args, status", [
    ([API_KEY], 64), (["get", API_KEY], 64), (["get", "-t", API_KEY], 64), (["get", "-p", API_KEY], 64),
    (["get", "-f", API_KEY], 64), (["get", "-s", API_KEY], 78), (["get", "--base-url", API_KEY], 64),
    (["get", "--timeout", API_KEY], 64), (["get", f"--show={API_KEY}"], 64),
    (["exec", "--keep", f"ANTHROPIC_API_KEY={API_KEY}", "true"], 64),
    # what env(1) would take for an assignment
    (["exec", f"ANTHROPIC_API_KEY={API_KEY}", "true"], 127),
], ids=lambda value: " ".join(value).replace(API_KEY, "SECRET") if isinstance(value, list) else None)
def test_a_secret_that_was_pasted_into_the_command_line_is_not_echoed(stage, args, status):
    assert stage.run(*args).status == status


@pytest.mark.parametrize("service", ["", "CI", "a b", "-x", "../default", "a/b", "ci.conf", "_x", "a" * 65, "\u00e9",
                                     "unknown"])
def test_an_unknown_or_ill_formed_service_is_78(stage, service):
    for args in (["get", "-s", service], ["exec", "-s", service, "true"], ["explain", "-s", service]):
        result = stage.run(*args)
        assert (result.status, result.out) == (78, "") and result.message


@pytest.mark.parametrize("service", ["a", "0", "ci", "billing-bot", "a_b-c", "a" * 64])
def test_a_well_formed_service(stage, service):
    stage.write(debug(secret=OTHER_KEY), service=service)
    assert stage.get("-s", service).out == f"{OTHER_KEY}\n"


# --- options --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("args", [["-s", "ci"], ["-sci"]])
def test_a_letters_value_may_stand_behind_it_or_be_the_next_word(stage, args):
    stage.write(debug(secret=OTHER_KEY), service="ci")
    assert stage.get(*args).out == f"{OTHER_KEY}\n"


def test_of_an_option_given_twice_the_last_counts(stage):
    stage.write(debug(secret=OTHER_KEY), service="ci")
    assert stage.get("-s", "unknown", "-s", "ci").out == f"{OTHER_KEY}\n"
    assert stage.get("-f", "json", "-f", "secret").out == f"{API_KEY}\n"


@pytest.mark.parametrize("form", ["--config-dir {}", "--config-dir={}"])
@pytest.mark.parametrize("before", [True, False])
def test_common_options_stand_before_or_after_the_sub_command(stage, form, before):
    other = stage.make("other")
    stage.write(debug(secret=OTHER_KEY), place=other)
    words = form.format(other).split()
    for command in (["get"], ["exec", "-q"], ["explain"]):
        args = [*words, *command] if before else [*command, *words]
        if command[0] == "exec":
            args += ["printenv", "ANTHROPIC_API_KEY"]
        result = stage.run(*args, reveals=True)
        assert result.status == 0
        assert command[0] == "explain" or result.out == f"{OTHER_KEY}\n"


def test_options_of_exec_end_at_the_command(stage):
    stage.shower()
    for args in (["show", "--config-dir", "/nowhere", "-s", "unknown"], ["--", "show", "--help"],
                 ["show", "--version"]):
        result = stage.run("exec", *args, reveals=True)
        assert result.status == 0
        assert shown(result.out).args == args[args.index("show") + 1:]


def test_two_dashes_end_the_options(stage):
    assert stage.run("exec", "--", "--nonsense").status == 127
    assert stage.run("check", "--", "default").status == 0
    assert stage.run("get", "--", "-f").status == 64


# --- help and version -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("args", [["--help"], *([command, "--help"] for command in COMMANDS)], ids=" ".join)
def test_help_is_a_result(stage, args):
    result = stage.run(*args)
    assert (result.status, result.err) == (0, "")
    assert result.out.strip()


def test_help_names_every_sub_command(stage):
    out = stage.run("--help").out
    assert all(re.search(rf"\b{command}\b", out) for command in COMMANDS)


# The options of section 8, by hand.
OPTIONS = {
    "get": ["-s", "-t", "-p", "-f", "--base-url", "--show"],
    "exec": ["-s", "-t", "-p", "-v", "-q", "--keep", "--allow-shadow", "--print-env-changes"],
    "explain": ["-s", "-t", "-p", "--json"],
    "check": ["-v", "--json"],
    "modules": ["--json"],
    "classify": ["--json"],
}
COMMON = ["--config-dir", "--timeout", "--help", "--version"]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_every_option_and_no_other(stage, command):
    out = stage.run(command, "--help").out
    named = set(re.findall(r"^ +(--?[a-z][a-z-]*)", out, re.MULTILINE))
    assert named == set(OPTIONS[command] + COMMON)


def test_help_wins_over_what_is_missing(stage):
    for args in (["exec", "--help"], ["exec", "-s", "ci", "--help"], ["--help", "nonsense"]):
        assert stage.run(*args).status == 0


@pytest.mark.parametrize("args", [["--version"], ["get", "--version"], ["exec", "--version"]], ids=" ".join)
def test_version(stage, args):
    result = stage.run(*args)
    assert (result.status, result.err) == (0, "")
    assert re.fullmatch(r"keystile \d+\.\d+\.\d+\n", result.out)


def test_help_that_cannot_be_written_is_70(stage):
    for args in (["--help"], ["--version"], ["get", "--help"]):
        with open("/dev/full", "wb") as full:
            assert stage.run(*args, stdout=full).status == 70


# --- colours --------------------------------------------------------------------------------------------------------

ESCAPE = "\x1b"


def on_terminal(stage, **env):
    """A failure, an error, told on a terminal; and a warning, which does not end the run."""
    stage.write(debug(result="denied"), service="denied")
    env["ANTHROPIC_BASE_URL"] = "x"
    text = ""
    for args in (["get", "-s", "denied"], ["exec", "true"]):
        text += run_on_terminal(lambda **streams: stage.popen(*args, env=env, **streams), "stderr")[1]
    return text


def test_messages_have_colour_on_a_terminal(stage):
    text = on_terminal(stage, TERM="xterm")
    assert ESCAPE in text
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert ESCAPE not in plain
    assert all(line.startswith("keystile: ") for line in plain.splitlines())


@pytest.mark.parametrize("env", [{"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_messages_have_no_colour_with_no_color_or_on_a_dumb_terminal(stage, env):
    text = on_terminal(stage, **env)
    assert "keystile: " in text and ESCAPE not in text


def test_messages_have_no_colour_elsewhere(stage):
    stage.write(debug(result="denied"))
    result = stage.run("get", env={"TERM": "xterm", "CLICOLOR_FORCE": "1", "FORCE_COLOR": "1"})
    assert result.err and ESCAPE not in result.err


def test_a_terminal_on_standard_output_colours_nothing(stage):
    stage.write(debug(result="denied"))
    status, text = run_on_terminal(
        lambda **streams: stage.popen("explain", env={"TERM": "xterm"}, **streams), "stdin", "stdout")
    assert status == 77 and text and ESCAPE not in text


# --- which configuration (design, section 3) ------------------------------------------------------------------------

def test_the_first_of_the_two_directories_is_used_whole(stage):
    stage.write(debug(secret=OTHER_KEY), place=stage.vendor)
    assert stage.get().out == f"{API_KEY}\n"
    stage.write(debug(result="not-configured"))
    assert stage.get().status == 1  # nothing is merged
    (stage.config / "default.conf").unlink()
    assert stage.get().out == f"{OTHER_KEY}\n"


@pytest.mark.parametrize("spoil", [
    lambda path: path.write_text("", encoding="utf-8"),
    lambda path: path.write_text("nonsense\n", encoding="utf-8"),
    lambda path: (path.unlink(), path.symlink_to("nowhere")),
    lambda path: (path.unlink(), path.mkdir()),
    lambda path: (path.unlink(), path.symlink_to(path.name)),
    lambda path: path.chmod(0o666),
], ids=["empty", "syntax", "dangling", "folder", "loop", "writable"])
def test_a_faulty_file_in_the_first_place_is_never_the_vendors_turn(stage, spoil):
    stage.write(debug(), place=stage.vendor)
    spoil(stage.config / "default.conf")
    result = stage.get()
    assert result.status == 78
    assert str(stage.config / "default.conf") in result.messages[0]


def test_a_named_service_never_falls_back_to_default(stage):
    stage.write(debug(), place=stage.vendor)
    result = stage.get("-s", "cii")
    assert result.status == 78 and "cii" in result.message


def test_no_directory_at_all_is_78(stage):
    nowhere = str(stage.folder / "nowhere")
    result = stage.get(env={"KEYSTILE_TEST_CONFIG": nowhere, "KEYSTILE_TEST_VENDOR": nowhere})
    assert result.status == 78 and nowhere in result.message


def test_config_dir_replaces_both_directories(stage):
    other = stage.make("other")
    stage.write(debug(), service="ci", place=stage.vendor)
    stage.write(debug(secret=OTHER_KEY), place=other)
    assert stage.get("--config-dir", other).out == f"{OTHER_KEY}\n"
    assert stage.get("--config-dir", other, "-s", "ci").status == 78


def test_config_dir_may_be_relative(stage):
    stage.write(debug(secret=OTHER_KEY), place=stage.make("here/conf.d"))
    for path in ("conf.d", "./conf.d/", "../here/conf.d"):
        assert stage.get("--config-dir", path).out == f"{OTHER_KEY}\n"


def test_config_dir_must_be_trusted_as_well(stage):
    other = stage.make("other")
    stage.write(debug(), place=other)
    other.chmod(0o777)
    assert stage.get("--config-dir", other).status == 78


# --- the installed command ------------------------------------------------------------------------------------------

def test_the_vendors_default_works_with_no_configuration(stage):
    result = stage.get(command=INSTALLED, env={"ANTHROPIC_API_KEY": API_KEY})
    assert (result.status, result.out, result.err) == (0, f"{API_KEY}\n", "")


def test_the_vendors_default_says_for_every_row_what_would_make_it_work(stage):
    result = stage.run("explain", "--json", command=INSTALLED)
    assert result.status == 1 and result.json["outcome"] == "none"
    assert all(step["reason"] and step["remedy"] for step in result.json["steps"])


def test_the_vendors_default_ranks_as_claude_does(stage):
    env = {"ANTHROPIC_AUTH_TOKEN": "gw-CANARY", "ANTHROPIC_API_KEY": API_KEY,
           "ANTHROPIC_BASE_URL": "https://gateway.example"}
    assert stage.json(command=INSTALLED, env=env)["kind"] == "gateway-token"


def test_no_environment_variable_changes_the_configuration_or_the_modules(stage):
    stage.write(debug(secret=OTHER_KEY), place=stage.home)
    names = ["KEYSTILE_TEST_CONFIG", "KEYSTILE_TEST_VENDOR", "KEYSTILE_CONFIG_DIR", "KEYSTILE_CONFIG", "KEYSTILE_DIR",
             "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "SYSCONFDIR", "CONFIG_DIR"]
    env = {name: str(stage.home) for name in names}
    modules = {name: str(stage.modules) for name in ("KEYSTILE_TEST_MODULES", "KEYSTILE_MODULES",
                                                     "KEYSTILE_MODULE_DIR", "KEYSTILE_PLUGIN_DIR")}
    result = stage.run("explain", "--json", command=INSTALLED, env={**env, **modules, "ANTHROPIC_API_KEY": API_KEY})
    assert result.json["winner"]["source"] == "ANTHROPIC_API_KEY"
    assert all(step["file"].startswith(str(BUILD / "root")) for step in result.json["steps"])
    stage.write(debug())
    result = stage.run("get", "--config-dir", stage.config, command=INSTALLED, env=modules)
    assert result.status == 78 and "debug" in result.message


def test_the_services_setting_is_not_taken_from_the_environment(stage):
    stage.write(debug(secret=OTHER_KEY), service="ci")
    assert stage.get(env={"KEYSTILE_SERVICE": "ci", "SERVICE": "ci"}).out == f"{API_KEY}\n"
