# SPDX-License-Identifier: MIT
"""Shadows: settings on disk that a clean environment cannot fix (design, section 8).

A shell script called claude stands in for the real one. Where the real one reads settings from was observed with
release 2.1.329.
"""

import json
import os

import pytest
from netns import run_in_netns
from stage import API_KEY, GATEWAY, GATEWAY_TOKEN, PASSED_ON, PREFIX, SETUP_TOKEN, TESTABLE, debug, entry

STOPPED = 78
REDIRECT = {"env": {"ANTHROPIC_BASE_URL": "https://elsewhere.example"}}


@pytest.fixture
def claude(stage):
    """A stage with a key, and a claude that leaves a file where it was started."""
    stage.write(debug())
    stage.program("claude", f"touch {stage.folder}/started")
    return stage


def settings(place, content, name="settings.json"):
    folder = place / ".claude"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def started(stage):
    path = stage.folder / "started"
    if not path.exists():
        return False
    path.unlink()
    return True


def run(stage, *args, **options):
    """exec of claude; says whether it was started besides what became of it."""
    result = stage.run("exec", *args, **options)
    assert started(stage) == (result.status == 0)
    return result


def shadows(stage, *args, **options):
    return stage.explain(*args, **options)[1]["shadows"]


# --- the project ----------------------------------------------------------------------------------------------------

# What could change credential, payer or host, and the key that is to be named.
DANGEROUS = [
    ({"apiKeyHelper": "/bin/echo CANARY"}, "apiKeyHelper"),
    (REDIRECT, "ANTHROPIC_BASE_URL"),
    ({"env": {"ANTHROPIC_API_KEY": "CANARY"}}, "ANTHROPIC_API_KEY"),
    ({"env": {"ANTHROPIC_API_KEY": ""}}, "ANTHROPIC_API_KEY"),
    ({"env": {"ANTHROPIC_AUTH_TOKEN": "CANARY"}}, "ANTHROPIC_AUTH_TOKEN"),
    ({"env": {"CLAUDE_CODE_OAUTH_TOKEN": "CANARY"}}, "CLAUDE_CODE_OAUTH_TOKEN"),
    ({"env": {"ANTHROPIC_CUSTOM_HEADERS": "x-api-key: CANARY"}}, "ANTHROPIC_CUSTOM_HEADERS"),
    ({"env": {"ANTHROPIC_UNIX_SOCKET": "/tmp/socket"}}, "ANTHROPIC_UNIX_SOCKET"),
    ({"env": {"CLAUDE_CODE_USE_BEDROCK": "1"}}, "CLAUDE_CODE_USE_BEDROCK"),
    ({"env": {"CLAUDE_CODE_USE_VERTEX": True}}, "CLAUDE_CODE_USE_VERTEX"),
    ({"env": {"ANTHROPIC_BEDROCK_BASE_URL": "https://elsewhere.example"}}, "ANTHROPIC_BEDROCK_BASE_URL"),
    ({"env": {"ANTHROPIC_PROFILE": "other"}}, "ANTHROPIC_PROFILE"),
    ({"env": {"HTTPS_PROXY": "http://elsewhere.example"}}, "HTTPS_PROXY"),
    ({"env": {"http_proxy": "http://elsewhere.example"}}, "http_proxy"),
    ({"model": "x", "env": {"DISABLE_TELEMETRY": "1", "ANTHROPIC_BASE_URL": "https://elsewhere.example"}},
     "ANTHROPIC_BASE_URL"),
    ('{"env": {"ANTHROPIC_BASE\\u005fURL": "https://elsewhere.example"}}', "ANTHROPIC_BASE_URL"),
    ('\ufeff{"env": {"ANTHROPIC_BASE_URL": "https://elsewhere.example"}}', "ANTHROPIC_BASE_URL"),
]
IDS = [f"{number}-{key}" for number, (_, key) in enumerate(DANGEROUS)]


@pytest.mark.parametrize("content, key", DANGEROUS, ids=IDS)
@pytest.mark.parametrize("name", ["settings.json", "settings.local.json"])
def test_a_projects_settings_stop_claude(claude, name, content, key):
    path = settings(claude.work, content, name)
    result = run(claude, "claude")
    assert result.status == STOPPED
    assert any(str(path) in message and key in message for message in result.messages)
    assert any("--allow-shadow" in message for message in result.messages)


@pytest.mark.parametrize("content", [
    {}, {"permissions": {"allow": ["Bash"]}}, {"model": "x", "env": {"DISABLE_TELEMETRY": "1"}}, {"env": {}},
    {"env": {"ANTHROPIC_MODEL": "x"}}, {"env": {"anthropic_base_url": "x"}}, {"permissions": {"env": REDIRECT}},
    "", " \n", {"hooks": {}}, {"projects": REDIRECT}, {"apiKeyHelper": ""},
])
def test_a_projects_other_settings_are_no_shadow(claude, content):
    settings(claude.work, content)
    result = run(claude, "claude")
    assert (result.status, result.err) == (0, "")


def test_several_shadows_are_all_told(claude):
    settings(claude.work, {"apiKeyHelper": "x", **REDIRECT})
    settings(claude.work, {"env": {"ANTHROPIC_API_KEY": "x"}}, "settings.local.json")
    text = run(claude, "claude").err
    assert all(key in text for key in ("apiKeyHelper", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY"))


def test_allow_shadow_turns_a_stop_into_a_warning(claude):
    path = settings(claude.work, REDIRECT)
    result = run(claude, "--allow-shadow", "claude")
    assert result.status == 0
    assert str(path) in result.message and "ANTHROPIC_BASE_URL" in result.message
    assert run(claude, "-q", "--allow-shadow", "claude").err == ""


def test_quiet_does_not_hide_a_stop(claude):
    settings(claude.work, REDIRECT)
    result = run(claude, "-q", "claude")
    assert result.status == STOPPED and "ANTHROPIC_BASE_URL" in result.messages[0]


def test_a_projects_settings_stop_every_kind_of_credential(claude):
    settings(claude.work, {"apiKeyHelper": "x"})
    for options in ({}, {"kind": "setup-token", "secret": SETUP_TOKEN}, {"kind": "stored-login"},
                    {"kind": "gateway-token", "secret": GATEWAY_TOKEN, "base_url": GATEWAY}):
        claude.write(debug(**options))
        assert run(claude, "claude").status == STOPPED


@pytest.mark.parametrize("args", [["./claude"], ["-t", "api", "claude"], ["-t", "any", "claude"]])
def test_claude_is_stopped_however_it_is_called(claude, args):
    (claude.work / "claude").symlink_to(claude.bin / "claude")
    settings(claude.work, REDIRECT)
    assert run(claude, *args).status == STOPPED


def test_another_program_is_not_stopped(claude):
    settings(claude.work, REDIRECT)
    claude.shower()
    result = claude.run("exec", "show", reveals=True)
    assert (result.status, result.err) == (0, "")


def test_another_program_with_a_cli_credential_is_warned(claude):
    path = settings(claude.work, REDIRECT)
    claude.shower()
    claude.write(debug(kind="setup-token", secret=SETUP_TOKEN))
    result = claude.run("exec", "-t", "cli", "show", reveals=True)
    assert result.status == 0 and str(path) in result.message


@pytest.mark.parametrize("content", ["{", '{"env": }', "[1, 2", '{"a": "\udc80"}', "{} {}",
                                     '{"env": {}, "env": {"ANTHROPIC_API_KEY": "CANARY"}}'])
def test_settings_that_are_no_json_cannot_be_examined_and_stop(claude, content):
    folder = claude.work / ".claude"
    folder.mkdir()
    (folder / "settings.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    result = run(claude, "claude")
    assert result.status == STOPPED and "cannot be examined" in result.messages[0]


def test_settings_that_are_a_fifo_neither_hang_nor_pass(claude):
    (claude.work / ".claude").mkdir()
    os.mkfifo(claude.work / ".claude" / "settings.json")
    assert run(claude, "claude", timeout=10).status == STOPPED


def test_settings_that_are_too_large_stop(claude):
    settings(claude.work, json.dumps({"x": "y" * (2 << 20), **REDIRECT}))
    assert run(claude, "claude").status == STOPPED


def test_links_are_followed(claude):
    elsewhere = claude.make("elsewhere")
    settings(elsewhere, REDIRECT)
    (claude.work / ".claude").symlink_to(elsewhere / ".claude")
    assert run(claude, "claude").status == STOPPED


def test_the_current_folder_counts_and_not_the_variable_pwd(claude):
    other = claude.make("other")
    settings(other, REDIRECT)
    assert run(claude, "claude", env={"PWD": str(other)}).status == 0
    assert run(claude, "claude", cwd=other, env={"PWD": str(claude.work)}).status == STOPPED


@pytest.mark.parametrize("name, status", [("settings.json", 0), ("settings.local.json", STOPPED)])
def test_at_the_root_of_the_repository_only_local_settings_count(claude, name, status):
    (claude.work / ".git").mkdir()
    deep = claude.make("here/sub")
    settings(claude.work, REDIRECT, name)
    assert run(claude, "claude", cwd=deep).status == status


@pytest.mark.parametrize("name, status", [("settings.json", 0), ("settings.local.json", 0)])
def test_a_parent_that_is_no_repository_does_not_count(claude, name, status):
    deep = claude.make("here/sub")
    settings(claude.work, REDIRECT, name)
    assert run(claude, "claude", cwd=deep).status == status


def test_a_repository_whose_root_is_the_home_folder_does_not_count(claude):
    (claude.home / ".git").mkdir()
    deep = claude.make("home/sub")
    settings(claude.home, REDIRECT, "settings.local.json")
    assert run(claude, "claude", cwd=deep).err == ""


def test_the_main_checkouts_local_settings_count_in_a_linked_worktree(claude):
    main, tree = claude.work, claude.make("tree")
    (main / ".git" / "worktrees" / "tree").mkdir(parents=True)
    (main / ".git" / "worktrees" / "tree" / "commondir").write_text("../..\n", encoding="utf-8")
    (main / ".git" / "worktrees" / "tree" / "gitdir").write_text(f"{tree}/.git\n", encoding="utf-8")
    (tree / ".git").write_text(f"gitdir: {main}/.git/worktrees/tree\n", encoding="utf-8")
    assert run(claude, "claude", cwd=tree).status == 0
    settings(main, REDIRECT, "settings.local.json")
    assert run(claude, "claude", cwd=tree).status == STOPPED


# --- the user -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("content, key", DANGEROUS, ids=IDS)
def test_a_users_settings_are_a_warning(claude, content, key):
    path = settings(claude.home, content)
    result = run(claude, "claude")
    assert result.status == 0
    assert any(str(path) in message and key in message for message in result.messages)


def test_a_users_settings_stop_claude_where_a_payer_was_asked_for(claude):
    path = settings(claude.home, {"apiKeyHelper": "x"})
    result = run(claude, "-p", "api", "claude")
    assert result.status == STOPPED
    assert str(path) in result.messages[0] and "apiKeyHelper" in result.messages[0]
    assert run(claude, "-p", "api", "--allow-shadow", "claude").status == 0


def test_quiet_hides_a_warning_about_the_users_settings(claude):
    settings(claude.home, {"apiKeyHelper": "x"})
    assert run(claude, "-q", "claude").err == ""


def test_claude_config_dir_moves_the_users_settings(claude):
    elsewhere = claude.make("elsewhere")
    (elsewhere / "settings.json").write_text(json.dumps(REDIRECT), encoding="utf-8")
    assert "ANTHROPIC_BASE_URL" in run(claude, "claude", env={"CLAUDE_CONFIG_DIR": str(elsewhere)}).message
    settings(claude.home, REDIRECT)
    (elsewhere / "settings.json").unlink()
    assert run(claude, "claude", env={"CLAUDE_CONFIG_DIR": str(elsewhere)}).err == ""


def test_the_config_dir_of_a_stored_login_is_where_the_users_settings_are(claude):
    elsewhere = claude.make("elsewhere")
    (elsewhere / "settings.json").write_text(json.dumps(REDIRECT), encoding="utf-8")
    claude.write(debug(kind="stored-login", config_dir=elsewhere))
    assert "ANTHROPIC_BASE_URL" in run(claude, "claude").message


def test_home_as_the_current_folder_is_the_users(claude):
    settings(claude.home, REDIRECT)
    result = run(claude, "claude", cwd=claude.home)
    assert result.status == 0 and result.message


def test_the_state_file_of_claude_is_the_users(claude):
    (claude.home / ".claude.json").write_text(json.dumps(REDIRECT), encoding="utf-8")
    assert "ANTHROPIC_BASE_URL" in run(claude, "claude").message
    assert run(claude, "-p", "api", "claude").status == STOPPED


@pytest.mark.parametrize("options, variable, place", [
    ({}, None, "{home}"), ({}, "{home}/.claude", "{home}/.claude"), ({}, "{home}/other", "{home}/other"),
    ({"kind": "stored-login"}, "{home}/other", "{home}"),
    ({"kind": "stored-login", "config_dir": "{home}/.claude"}, None, "{home}/.claude"),
])
def test_the_state_file_is_where_the_programs_own_variable_puts_it(claude, options, variable, place):
    """Beside the usual folder where CLAUDE_CONFIG_DIR is not set, and inside the folder it names where it is."""
    options, variable, place = (json.loads(json.dumps(value).replace("{home}", str(claude.home)))
                                for value in (options, variable, place))
    for folder in ("", ".claude", "other"):
        (claude.home / folder).mkdir(exist_ok=True)
        (claude.home / folder / ".claude.json").write_text(json.dumps(REDIRECT), encoding="utf-8")
    claude.write(debug(**options))
    result = run(claude, "claude", env={"CLAUDE_CONFIG_DIR": variable} if variable else {})
    assert [line for line in result.messages if "ANTHROPIC_BASE_URL" in line] == \
        [line for line in result.messages if f"{place}/.claude.json: " in line] != []


@pytest.mark.parametrize("options, is_shadow", [
    ({"kind": "gateway-token", "secret": GATEWAY_TOKEN, "base_url": GATEWAY}, True), ({"kind": "stored-login"}, True),
    ({}, False), ({"kind": "setup-token", "secret": SETUP_TOKEN}, True),
])
def test_the_key_of_an_earlier_sign_in_counts_where_claude_would_send_it(claude, options, is_shadow):
    (claude.home / ".claude.json").write_text(json.dumps({"primaryApiKey": API_KEY}), encoding="utf-8")
    claude.write(debug(**options))
    assert ("primaryApiKey" in run(claude, "claude").err) == is_shadow


@pytest.mark.parametrize("args", [["--settings", "{file}"], ["--settings={file}"], ["--settings", "{text}"],
                                  ["--settings={text}"], ["-p", "x", "--settings", "{file}"]])
def test_settings_among_the_arguments_count_as_the_users(claude, args):
    path = claude.folder / "extra.json"
    path.write_text(json.dumps(REDIRECT), encoding="utf-8")
    args = [arg.replace("{file}", str(path)).replace("{text}", json.dumps(REDIRECT)) for arg in args]
    result = run(claude, "claude", *args)
    assert result.status == 0 and "ANTHROPIC_BASE_URL" in result.message
    assert run(claude, "-p", "api", "claude", *args).status == STOPPED


# --- an Anthropic profile -------------------------------------------------------------------------------------------

def profile(folder):
    folder.mkdir(parents=True)
    (folder / "active_config").write_text("p1\n", encoding="utf-8")
    return folder / "active_config"


def test_an_active_profile_is_a_warning_for_a_stored_login(claude):
    path = profile(claude.home / ".config" / "anthropic")
    claude.write(debug(kind="stored-login"))
    result = run(claude, "claude")
    assert result.status == 0 and str(path) in result.message
    assert run(claude, "-p", "subscription", "claude").status == STOPPED


def test_a_default_profile_is_active_without_a_pointer(claude):
    folder = claude.home / ".config" / "anthropic" / "configs"
    folder.mkdir(parents=True)
    (folder / "default.json").write_text("{}", encoding="utf-8")
    claude.write(debug(kind="stored-login"))
    assert str(folder / "default.json") in run(claude, "claude").message


def test_the_profile_is_looked_for_where_xdg_config_home_says(claude):
    path = profile(claude.folder / "xdg" / "anthropic")
    claude.write(debug(kind="stored-login"))
    assert str(path) in run(claude, "claude", env={"XDG_CONFIG_HOME": str(claude.folder / "xdg")}).message


def test_a_profile_is_no_shadow_of_what_stands_in_the_environment(claude):
    profile(claude.home / ".config" / "anthropic")
    assert run(claude, "claude").err == ""


# --- the machine ----------------------------------------------------------------------------------------------------

def run_on_machine(stage, content, *args, name="managed-settings.json"):
    """exec with `content` laid into /etc/claude-code, in a mount namespace."""
    managed = stage.make("managed")
    (managed / "managed-settings.d").mkdir()
    (managed / name).write_text(json.dumps(content), encoding="utf-8")
    done = run_in_netns([TESTABLE, *args], stage.environment(**PASSED_ON), stage.work, ports=(),
                        binds=[(managed, "/etc/claude-code")])
    assert all(line.startswith(PREFIX) for line in done.stderr.splitlines()) and "CANARY" not in done.stderr
    return done


MANAGED = [({"apiKeyHelper": "/bin/echo CANARY"}, "apiKeyHelper"), (REDIRECT, "ANTHROPIC_BASE_URL"),
           ({"forceLoginMethod": "console"}, "forceLoginMethod"), ({"forceLoginOrgUUID": "x"}, "forceLoginOrgUUID")]


@pytest.mark.parametrize("content, key", MANAGED, ids=[key for _, key in MANAGED])
@pytest.mark.parametrize("name", ["managed-settings.json", "managed-settings.d/50-more.json"])
def test_a_machines_settings_are_a_warning(claude, name, content, key):
    done = run_on_machine(claude, content, "exec", "claude", name=name)
    assert done.returncode == 0 and started(claude)
    assert f"/etc/claude-code/{name}" in done.stderr and key in done.stderr


@pytest.mark.parametrize("content, key", MANAGED, ids=[key for _, key in MANAGED])
def test_a_machines_settings_stop_claude_where_a_payer_was_asked_for(claude, content, key):
    done = run_on_machine(claude, content, "exec", "-p", "api", "claude")
    assert done.returncode == STOPPED and not started(claude)
    assert key in done.stderr


def test_only_a_machines_settings_can_force_a_login(claude):
    settings(claude.home, {"forceLoginMethod": "console"})
    settings(claude.work, {"forceLoginMethod": "console"})
    assert run(claude, "claude").err == ""


def test_explain_lists_a_machines_settings(claude):
    done = run_on_machine(claude, {"forceLoginMethod": "console"}, "explain", "--json", "--", "claude")
    assert done.returncode == 0
    (shadow,) = json.loads(done.stdout)["shadows"]
    assert (shadow["owner"], shadow["key"]) == ("machine", "forceLoginMethod")
    assert shadow["file"] == "/etc/claude-code/managed-settings.json"


# --- explain --------------------------------------------------------------------------------------------------------

def test_explain_lists_shadows_with_file_key_owner_and_effect(claude):
    project, user = settings(claude.work, REDIRECT), settings(claude.home, {"apiKeyHelper": "CANARY"})
    found = shadows(claude)
    assert all(set(shadow) == {"file", "key", "owner", "effect"} and shadow["effect"] for shadow in found)
    assert {(shadow["owner"], shadow["file"], shadow["key"]) for shadow in found} == {
        ("project", str(project), "env.ANTHROPIC_BASE_URL"), ("user", str(user), "apiKeyHelper")}
    text = claude.run("explain").out
    assert str(project) in text and str(user) in text and "apiKeyHelper" in text


def test_explain_shows_a_strangers_names_on_one_line_and_without_controls(claude):
    settings(claude.work, '{"env": {"ANTHROPIC_\\u001b[31m\\u202e\\nwinner_BASE_URL": "x"}}')
    text = claude.run("explain").out
    assert "env.ANTHROPIC_?[31m???" in text and "?winner_BASE_URL: changes where requests go (project)\n" in text
    assert "\x1b" not in text and "\u202e" not in text


def test_explain_without_shadows_lists_none(claude):
    assert shadows(claude) == []


def test_shadows_leave_the_exit_status_of_explain_alone(claude):
    settings(claude.work, REDIRECT)
    assert claude.run("explain").status == 0


@pytest.mark.parametrize("args, status", [(["claude"], STOPPED), (["true"], 0)])
def test_explain_of_a_command_exits_as_exec_would(claude, args, status):
    settings(claude.work, REDIRECT)
    assert claude.run("explain", "--", *args).status == status
    assert claude.run("exec", *args).status == status


def test_explain_of_a_command_with_a_payer_exits_as_exec_would(claude):
    settings(claude.home, {"apiKeyHelper": "x"})
    assert claude.run("explain", "-p", "api", "--", "claude").status == STOPPED
    assert claude.run("explain", "--", "claude").status == 0


def test_explain_looks_into_the_arguments_of_its_command(claude):
    found = shadows(claude, "--", "claude", "--settings", json.dumps({"apiKeyHelper": "x"}))
    assert [shadow["key"] for shadow in found] == ["apiKeyHelper"]


def test_no_settings_matter_where_claude_is_not_asked_for(claude):
    settings(claude.work, REDIRECT)
    assert shadows(claude, "-t", "api") == []
    assert shadows(claude, "--", "true") == []


def test_settings_are_not_changed(claude):
    path = settings(claude.work, {"apiKeyHelper": "x"})
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    claude.run("explain")
    run(claude, "claude")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_key_that_is_shadowed_is_never_shown(claude):
    claude.write(entry("env"))
    settings(claude.work, {"env": {"ANTHROPIC_API_KEY": API_KEY}})
    assert claude.run("exec", "claude", env={"ANTHROPIC_API_KEY": API_KEY}).status == STOPPED
    assert claude.run("explain", env={"ANTHROPIC_API_KEY": API_KEY}).status == 0


# --- keys that claude was told not to use, and a home that is none --------------------------------------------------

@pytest.mark.parametrize("rejected, args, is_shadow", [
    ([API_KEY[-20:]], [], True), (["x", API_KEY[-20:]], ["--model", "x"], True), ([API_KEY[-20:]], ["-p", "x"], False),
    ([API_KEY[-20:]], ["--print", "x"], False), ([API_KEY[-19:]], [], False), ([], [], False), ("x", [], False),
])
def test_a_key_that_was_declined_is_not_used_but_with_print(claude, rejected, args, is_shadow):
    claude.write(debug())
    (claude.home / ".claude.json").write_text(json.dumps({"customApiKeyResponses": {"rejected": rejected}}),
                                              encoding="utf-8")
    result = run(claude, "claude", *args)
    assert ("customApiKeyResponses.rejected" in result.err) == is_shadow
    assert run(claude, "-p", "api", "claude", *args).status == (STOPPED if is_shadow else 0)


@pytest.mark.parametrize("home", [".", "..", "there"])
def test_a_relative_home_makes_a_projects_folder_the_users(claude, home):
    claude.write(debug())
    result = run(claude, "claude", env={"HOME": home})
    assert result.status == STOPPED and result.message.startswith("HOME: is no absolute path")
