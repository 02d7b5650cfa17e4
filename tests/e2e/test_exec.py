# SPDX-License-Identifier: MIT
"""keystile exec: which credential a program gets, which variables it loses, and that it *is* the program it starts.

A shell script called claude stands in for the real one here: what counts is the name. The real one has tests of its
own. (design, sections 2, 4 and 8)
"""

import os
import re
import resource
import signal
import subprocess
import time

import pytest
import variables
from stage import (API_KEY, FEDERATED_TOKEN, FIRST_PARTY, GATEWAY, GATEWAY_TOKEN, OTHER_KEY, SETUP_TOKEN, TESTABLE,
                   debug, entry, fingerprint, shown)
from terminal import run_on_terminal

KINDS = {
    "api-key": ({"secret": API_KEY}, {"ANTHROPIC_API_KEY": API_KEY}),
    "bound-key": ({"secret": API_KEY, "base_url": GATEWAY},
                  {"ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": GATEWAY}),
    "gateway-token": ({"kind": "gateway-token", "secret": GATEWAY_TOKEN, "base_url": GATEWAY},
                      {"ANTHROPIC_AUTH_TOKEN": GATEWAY_TOKEN, "ANTHROPIC_BASE_URL": GATEWAY}),
    "setup-token": ({"kind": "setup-token", "secret": SETUP_TOKEN}, {"CLAUDE_CODE_OAUTH_TOKEN": SETUP_TOKEN}),
    "stored-login": ({"kind": "stored-login"}, {}),
    "login-elsewhere": ({"kind": "stored-login", "config_dir": "/srv/claude"}, {"CLAUDE_CONFIG_DIR": "/srv/claude"}),
}
CLI_ONLY = ["setup-token", "stored-login", "login-elsewhere"]


def child(stage, *args, **options):
    """Runs a program that shows itself. Returns what it showed, and the messages."""
    result = stage.run("exec", *args, reveals=True, **options)
    assert result.status == 0, result.err
    return shown(result.out), result.messages


def added(stage, env, **given):
    """What is in `env` beyond what was given to keystile."""
    before = stage.environment(**given)
    return {name: value for name, value in env.items() if before.get(name) != value}


# --- what the program finds -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", [name for name in KINDS if name not in CLI_ONLY])
def test_a_program_gets_the_variables_of_the_kind(stage, name):
    stage.shower()
    stage.write(debug(**KINDS[name][0]))
    found, messages = child(stage, "show")
    assert added(stage, found.env) == KINDS[name][1]
    assert messages == []


@pytest.mark.parametrize("name", KINDS)
def test_claude_gets_the_variables_of_the_kind(stage, name):
    stage.shower("claude")
    stage.write(debug(**KINDS[name][0]))
    assert added(stage, child(stage, "claude")[0].env) == KINDS[name][1]


def test_the_workspace_travels_in_a_custom_header(stage):
    stage.shower()
    stage.write(debug(workspace="wrkspc_1"))
    found = added(stage, child(stage, "show")[0].env)
    assert re.fullmatch("anthropic-workspace-id: ?wrkspc_1", found.pop("ANTHROPIC_CUSTOM_HEADERS"))
    assert found == {"ANTHROPIC_API_KEY": API_KEY}


def test_a_federated_token_is_not_offered_to_claude(stage):
    stage.shower("claude")
    stage.write(debug(kind="federated-token", secret=FEDERATED_TOKEN))
    assert stage.run("exec", "claude").status == 1


def test_a_federated_token_reaches_a_program_with_the_beta_header_it_needs(stage):
    stage.shower()
    stage.write(debug(kind="federated-token", secret=FEDERATED_TOKEN))
    found = added(stage, child(stage, "show")[0].env)
    assert re.fullmatch("anthropic-beta: ?oauth-2025-04-20", found.pop("ANTHROPIC_CUSTOM_HEADERS"))
    assert found == {"ANTHROPIC_AUTH_TOKEN": FEDERATED_TOKEN}


@pytest.mark.parametrize("name", KINDS)
def test_every_variable_that_could_win_is_unset(stage, name):
    stage.shower("claude")
    stage.write(debug(**KINDS[name][0]))
    given = {variable: "1" for variable in variables.UNSET}
    env = child(stage, "claude", env=given)[0].env
    assert {variable: env[variable] for variable in variables.UNSET if variable in env} == {
        variable: value for variable, value in KINDS[name][1].items() if variable in variables.UNSET}


@pytest.mark.parametrize("command", ["show", "claude"])
def test_a_first_party_key_reaches_no_host_that_nobody_named(stage, command):
    stage.shower(command)
    stage.write(debug())
    assert "ANTHROPIC_BASE_URL" not in child(stage, command, env={"ANTHROPIC_BASE_URL": GATEWAY})[0].env


def test_a_key_and_a_url_that_were_set_together_stay_together(stage):
    stage.shower()
    stage.write(entry("env"))
    given = {"ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": GATEWAY}
    env = child(stage, "show", env=given)[0].env
    assert {name: env.get(name) for name in given} == given


def test_other_variables_stay(stage):
    stage.shower()
    stage.write(debug())
    given = {name: f"value of {name}" for name in variables.STAY}
    env = child(stage, "show", env=given)[0].env
    assert {name: env.get(name) for name in given} == given


def test_a_variable_that_is_there_twice_is_unset_twice(stage):
    class Twice(dict):
        def items(self):
            return [*super().items(), ("ANTHROPIC_BASE_URL", "https://a.example"), ("ANTHROPIC_API_KEY", "1"),
                    ("ANTHROPIC_BASE_URL", "https://b.example"), ("ANTHROPIC_API_KEY", "2")]

    stage.write(debug())
    done = subprocess.run([TESTABLE, "exec", "env"], env=Twice(stage.environment()), stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, cwd=stage.work, text=True, check=True, timeout=30)
    assert [line for line in done.stdout.splitlines() if line.startswith("ANTHROPIC_")] == [
        f"ANTHROPIC_API_KEY={API_KEY}"]


# --- which credential -----------------------------------------------------------------------------------------------

def granted(stage, *args, **options):
    """Which of the two credentials of the stack the program got."""
    env = child(stage, *args, **options)[0].env
    return "cli" if "CLAUDE_CODE_OAUTH_TOKEN" in env else "api"


@pytest.fixture
def both(stage):
    """One entry that only the CLI may have, and one that only the API may have."""
    stage.write(debug("cli", kind="setup-token", secret=SETUP_TOKEN), debug("api"))
    for name in ("show", "claude", "claude2", "Claude"):
        stage.shower(name)
    return stage


def test_exec_asks_for_cli_where_the_command_is_claude_and_for_api_else(both):
    assert granted(both, "claude") == "cli"
    assert [granted(both, name) for name in ("show", "claude2", "Claude")] == ["api"] * 3


def test_exec_goes_by_the_file_name_also_of_a_path(both):
    assert granted(both, str(both.bin / "claude")) == "cli"
    assert granted(both, "../bin/claude") == "cli"
    assert granted(both, "../bin/show") == "api"


def test_exec_goes_by_the_name_before_links_are_followed(both):
    (both.work / "claude").symlink_to(both.bin / "show")
    (both.work / "link").symlink_to(both.bin / "claude")
    assert granted(both, "./claude") == "cli"
    assert granted(both, "./link") == "api"


def test_exec_goes_by_the_file_name_as_found_in_path(both):
    (both.work / "claude").mkdir()
    both.program("tool", "exit 3", place=both.work / "claude")
    both.write(debug("api", result="denied"))
    result = both.run("exec", "tool", env={"PATH": str(both.work / "claude")})
    assert result.status == 77


@pytest.mark.parametrize("command, transport, expected", [
    ("claude", "api", "api"), ("claude", "cli", "cli"), ("show", "api", "api"), ("show", "cli", "cli"),
])
def test_a_transport_that_is_written_counts(both, command, transport, expected):
    assert granted(both, "-t", transport, command) == expected


def test_a_cli_credential_reaches_another_program_only_where_written(both):
    both.write(debug(kind="setup-token", secret=SETUP_TOKEN))
    assert both.run("exec", "show").status == 1
    assert granted(both, "-t", "cli", "show") == granted(both, "-t", "any", "show") == "cli"


@pytest.mark.parametrize("command, form", [("claude", "cli"), ("show", "api")])
def test_transport_any_takes_the_commands_own_form_first(stage, command, form):
    stage.shower(command)
    stage.write(debug())
    assert f"transport {form}" in child(stage, "-v", "-t", "any", command)[1][-1]


def test_exec_takes_no_other_payer(both):
    assert granted(both, "-t", "any", "-p", "api", "claude") == "api"
    assert granted(both, "-t", "any", "-p", "subscription", "claude") == "cli"
    assert both.run("exec", "-t", "any", "-p", "gateway", "claude").status == 1


def test_nothing_is_started_rather_than_with_the_wrong_bill(stage):
    stage.program("claude", "touch started")
    stage.write(entry("env"))
    result = stage.run("exec", "-p", "subscription", "claude", env={"ANTHROPIC_API_KEY": API_KEY})
    assert result.status == 1
    assert not (stage.work / "started").exists()
    assert "env.so" in result.messages[0] and "subscription" in result.messages[-1]


@pytest.mark.parametrize("result, status", [("not-configured", 1), ("expired", 65), ("unavailable", 75),
                                            ("denied", 77), ("misconfigured", 78), ("error", 70)])
def test_nothing_is_started_without_a_credential(stage, result, status):
    stage.program("show", "touch started")
    stage.write(debug(result=result))
    assert stage.run("exec", "show").status == status
    assert not (stage.work / "started").exists()


# --- it is the child ------------------------------------------------------------------------------------------------

def test_the_program_has_the_pid_of_keystile(stage):
    stage.shower()
    stage.write(debug())
    with stage.popen("exec", "show") as process:
        out = process.communicate(timeout=30)[0].decode()
    assert shown(out).pid == process.pid


def test_the_program_gets_its_arguments_as_they_are(stage):
    stage.shower()
    stage.write(debug())
    args = ["-v", "--help", "--", "-s", "a b", "", "\u00e9", "--timeout"]
    assert child(stage, "show", *args)[0].args == args
    assert child(stage, "-v", "--", "show", *args)[0].args == args


def test_the_program_has_the_name_it_was_called_by(stage):
    stage.write(debug())
    done = stage.run("exec", "cat", "/proc/self/cmdline")
    assert done.out == "cat\0/proc/self/cmdline\0"


@pytest.mark.parametrize("status", [0, 1, 42, 64, 77, 126, 127, 255])
def test_the_exit_status_is_the_programs(stage, status):
    stage.write(debug())
    result = stage.run("exec", "sh", "-c", f"exit {status}")
    assert (result.status, result.err) == (status, "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_a_signal_that_ends_the_program_ends_keystile(stage, number):
    stage.write(debug())
    assert stage.run("exec", "sh", "-c", f"kill -{number.value} $$").status == -number


def test_a_signal_to_keystile_reaches_the_program(stage):
    stage.write(debug())
    with stage.popen("exec", "sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done") as process:
        assert process.stdout.readline() == b"ready\n"
        process.terminate()
        assert process.wait(30) == 7


def status_lines(text):
    return {line.split(":")[0]: line.split(":")[1].strip() for line in text.splitlines()}


def test_signal_dispositions_and_mask_are_passed_through(stage):
    stage.write(debug())

    def prepare():
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR2, signal.SIGCHLD])

    options = {"preexec_fn": prepare, "restore_signals": False}
    plain = status_lines(stage.run("/proc/self/status", command="/bin/cat", **options).out)
    found = status_lines(stage.run("exec", "cat", "/proc/self/status", **options).out)
    for name in ("SigBlk", "SigIgn", "SigCgt", "Umask", "Uid", "Gid", "Groups", "CapEff", "NoNewPrivs", "Seccomp"):
        assert found[name] == plain[name]
    assert int(found["SigIgn"], 16) & 1 << signal.SIGUSR1 - 1
    assert int(found["SigBlk"], 16) & 1 << signal.SIGUSR2 - 1


def test_limits_umask_and_folder_are_passed_through(stage):
    stage.write(debug())
    result = stage.run("exec", "sh", "-c", "umask; ulimit -n; ulimit -c; pwd", preexec_fn=lambda: (
        os.umask(0o027), resource.setrlimit(resource.RLIMIT_NOFILE, (123, 123)),
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))))
    assert result.out.split() == ["0027", "123", "0", str(stage.work)]


def test_standard_input_is_the_programs(stage):
    stage.write(debug())
    assert stage.run("exec", "cat", stdin="hello\n").out == "hello\n"


def descriptors(listing):
    """What `ls -l` says of each descriptor: its number, and where it leads but for the inode."""
    return [re.sub(r"\d+\]", "]", line.split(maxsplit=8)[8]) for line in listing.splitlines()[1:]]


@pytest.mark.no_memcheck
def test_descriptors_are_passed_through_and_none_of_keystile_stays_open(stage):
    stage.install("login")
    stage.write("include common", debug("cli"), debug())
    stage.write(debug(result="denied", delay="10ms"), service="common")
    (stage.work / "file").touch()
    with open(stage.work / "file", "rb") as file:
        options = {"pass_fds": [file.fileno()], "stdout": subprocess.PIPE}
        plain = descriptors(stage.run("-l", "/proc/self/fd", command="/bin/ls", **options).out)
        found = descriptors(stage.run("exec", "ls", "-l", "/proc/self/fd", **options).out)
    # ls itself opens the folder, whose path has its own pid
    assert [re.sub(r"/proc/\d+", "/proc/N", line) for line in found] == [
        re.sub(r"/proc/\d+", "/proc/N", line) for line in plain]
    assert any(line.endswith(f"-> {stage.work}/file") for line in found)


@pytest.mark.parametrize("number", [0, 2])
@pytest.mark.no_memcheck
def test_a_closed_standard_stream_stays_closed(stage, number):
    stage.write(debug())
    result = stage.run("exec", "sh", "-c", f"test -e /proc/$$/fd/{number} || echo closed",
                       preexec_fn=lambda: os.close(number))
    assert result.out == "closed\n"


# --- 126 and 127 ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("command", ["nowhere-to-be-found", "./nowhere", "/nowhere/at/all", ""])
def test_a_command_that_is_not_there_is_127(stage, command):
    stage.write(debug())
    result = stage.run("exec", "--", command)
    assert result.status == 127 and command in result.message


def test_a_command_that_may_not_be_executed_is_126(stage):
    stage.write(debug())
    stage.program("plain", "exit 3").chmod(0o644)
    assert stage.run("exec", "plain").status == 126
    assert stage.run("exec", str(stage.bin / "plain")).status == 126


def test_nobody_goes_past_what_cannot_be_looked_at(stage):
    """Another program of that name, further on in PATH, is not the one that was meant to have the credential."""
    stage.write(debug())
    (stage.bin / "show").symlink_to("show")
    other = stage.make("other")
    stage.program("show", "echo the wrong program", place=other)
    result = stage.run("exec", "show", env={"PATH": f"{stage.bin}:{other}"})
    assert (result.status, result.out) == (126, "")
    assert result.message.startswith(f"{stage.bin}/show: cannot be looked at: Too many levels of symbolic links; ")


def test_a_folder_is_126(stage):
    stage.write(debug())
    assert stage.run("exec", str(stage.bin)).status == 126


def test_a_path_through_a_file_is_127(stage):
    stage.write(debug())
    stage.program("plain", "exit 3")
    assert stage.run("exec", str(stage.bin / "plain" / "more")).status == 127


def test_the_search_goes_on_behind_a_file_that_may_not_be_executed(stage):
    stage.write(debug())
    stage.program("tool", "exit 3").chmod(0o644)
    stage.program("tool", "exit 9", place=stage.work)
    assert stage.run("exec", "tool", env={"PATH": f"{stage.bin}:{stage.work}"}).status == 9


def test_the_search_goes_on_behind_a_folder(stage):
    stage.write(debug())
    stage.make("bin/tool")
    assert stage.run("exec", "tool").status == 126
    stage.program("tool", "exit 9", place=stage.work)
    assert stage.run("exec", "tool", env={"PATH": f"{stage.bin}:{stage.work}"}).status == 9


def test_without_a_path_the_systems_own_is_searched(stage):
    stage.write(debug())
    result = stage.run("exec", "env", without=["PATH"], reveals=True)
    assert result.status == 0 and "\nPATH=" not in f"\n{result.out}"


def test_an_empty_part_of_path_is_the_current_folder(stage):
    stage.write(debug())
    stage.program("tool", "exit 9", place=stage.work)
    for path in (":/usr/bin:/bin", "/usr/bin::/bin", "/usr/bin:/bin:"):
        assert stage.run("exec", "tool", env={"PATH": path}).status == 9


def test_a_path_is_not_looked_for_in_path(stage):
    stage.write(debug())
    stage.program("tool", "exit 9", place=stage.make("bin/sub"))
    assert stage.run("exec", "sub/tool").status == 127


@pytest.mark.no_memcheck
def test_a_program_whose_interpreter_is_missing_is_127(stage):
    stage.write(debug())
    (stage.bin / "tool").write_text("#!/nowhere/sh\n", encoding="utf-8")
    (stage.bin / "tool").chmod(0o755)
    result = stage.run("exec", "tool")
    assert result.status == 127 and str(stage.bin / "tool") in result.message


def test_a_file_that_is_no_program_is_126(stage):
    stage.write(debug())
    (stage.bin / "tool").write_bytes(b"\x7fNOTHING")
    (stage.bin / "tool").chmod(0o755)
    result = stage.run("exec", "tool")
    assert result.status == 126 and str(stage.bin / "tool") in result.message


def test_the_command_is_looked_for_before_anything_else(stage):
    (stage.config / "default.conf").write_text("nonsense\n", encoding="utf-8")
    assert stage.run("exec", "nowhere-to-be-found").status == 127
    assert stage.run("exec", "-s", "unknown", str(stage.bin)).status == 126
    assert stage.run("exec", "-s", "unknown", "true").status == 78


def test_a_command_must_be_given(stage):
    stage.write(debug())
    for args in ([], ["--"], ["-v"]):
        result = stage.run("exec", *args)
        assert result.status == 64 and "COMMAND" in result.message


# --- messages -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", variables.SELECTING)
def test_a_removed_variable_that_had_selected_something_is_named(stage, name):
    stage.shower()
    stage.write(debug())
    found, messages = child(stage, "show", env={name: "CANARY"})
    assert name not in found.env
    assert len(messages) == 1 and name in messages[0].split()


@pytest.mark.parametrize("name, word", [
    ("ANTHROPIC_AUTH_TOKEN", "gateway"), ("CLAUDE_CODE_USE_BEDROCK", "cloud"),
    ("CLAUDE_CODE_OAUTH_TOKEN", "subscription"), ("ANTHROPIC_BASE_URL", "host"), ("ANTHROPIC_PROFILE", "profile"),
])
def test_the_message_says_what_a_removed_variable_had_selected(stage, name, word):
    stage.write(debug())
    assert word in stage.run("exec", "true", env={name: "CANARY"}).message


def test_an_api_key_that_another_credential_replaces_is_named(stage):
    stage.shower("claude")
    stage.write(debug(kind="setup-token", secret=SETUP_TOKEN))
    found, messages = child(stage, "claude", env={"ANTHROPIC_API_KEY": OTHER_KEY})
    assert "ANTHROPIC_API_KEY" not in found.env
    assert "ANTHROPIC_API_KEY" in messages[0]


def test_each_removed_variable_has_a_line_of_its_own(stage):
    stage.write(debug())
    given = ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_USE_VERTEX"]
    messages = stage.run("exec", "true", env={name: "CANARY" for name in given}).messages
    assert sorted(message.split()[0] for message in messages) == sorted(given)


def test_what_selects_nothing_goes_without_a_word(stage):
    stage.shower()
    stage.write(debug())
    found, messages = child(stage, "show", env={name: "1" for name in variables.COMPANIONS})
    assert messages == [] and not set(variables.COMPANIONS) & set(found.env)


def test_an_empty_variable_is_said_to_be_empty(stage):
    stage.shower()
    stage.write(debug())
    found, messages = child(stage, "show", env={"ANTHROPIC_AUTH_TOKEN": ""})
    assert "ANTHROPIC_AUTH_TOKEN" not in found.env
    assert len(messages) == 1 and "empty" in messages[0]


def test_the_variable_a_credential_came_from_is_not_named(stage):
    stage.write(entry("env"))
    assert stage.run("exec", "true", env={"ANTHROPIC_API_KEY": API_KEY}).err == ""


def test_verbose_says_in_one_line_which_credential_from_where_and_who_pays(stage):
    stage.write(entry("env"))
    message = stage.run("exec", "-v", "true", env={"ANTHROPIC_API_KEY": API_KEY}).message
    for text in ("api-key", "ANTHROPIC_API_KEY", "env.so", "payer api", "transport api", fingerprint(API_KEY)):
        assert text in message


def test_verbose_names_the_gateway_a_credential_is_bound_to(stage):
    stage.write(debug(base_url=GATEWAY))
    message = stage.run("exec", "-v", "true").message
    assert GATEWAY in message and "payer gateway" in message


def test_without_verbose_and_terminal_nothing_is_said(stage):
    stage.write(debug())
    assert stage.run("exec", "true").err == ""


def test_on_a_terminal_one_line_says_which_credential(stage):
    stage.write(debug())
    status, text = run_on_terminal(lambda **streams: stage.popen("exec", "true", **streams), "stderr")
    assert status == 0
    assert text.startswith("keystile: ") and text.count("\n") == 1
    assert "api-key" in text and "payer api" in text and API_KEY not in text


def test_quiet_says_nothing_even_on_a_terminal(stage):
    stage.write(debug())
    status, text = run_on_terminal(
        lambda **streams: stage.popen("exec", "-q", "true", env={"ANTHROPIC_BASE_URL": GATEWAY}, **streams), "stderr")
    assert (status, text) == (0, "")


def test_quiet_hides_warnings_and_never_errors(stage):
    stage.write(debug())
    given = {"ANTHROPIC_BASE_URL": GATEWAY, "CLAUDE_CODE_USE_BEDROCK": "1"}
    assert stage.run("exec", "-q", "true", env=given).err == ""
    assert stage.run("exec", "true", env=given).err != ""
    assert stage.run("exec", "-q", "nowhere-to-be-found").message
    stage.write(debug(result="denied"))
    assert stage.run("exec", "-q", "true").messages


def test_standard_output_is_the_programs_alone(stage):
    stage.write(debug())
    result = stage.run("exec", "-v", "echo", "hello", env={"ANTHROPIC_BASE_URL": GATEWAY})
    assert result.out == "hello\n"


# --- --keep ---------------------------------------------------------------------------------------------------------

def test_keep_keeps_a_variable(stage):
    stage.shower()
    stage.write(debug())
    given = {"ANTHROPIC_WORKSPACE_ID": "a", "ANTHROPIC_VERTEX_PROJECT_ID": "b", "ANTHROPIC_SCOPE": "c"}
    env = child(stage, "--keep", "ANTHROPIC_WORKSPACE_ID", "--keep=ANTHROPIC_SCOPE", "show", env=given)[0].env
    assert [env.get(name) for name in given] == ["a", None, "c"]


def test_a_kept_variable_is_not_said_to_be_removed(stage):
    stage.write(debug())
    result = stage.run("exec", "--keep", "ANTHROPIC_BASE_URL", "env", env={"ANTHROPIC_BASE_URL": FIRST_PARTY},
                       reveals=True)
    assert f"ANTHROPIC_BASE_URL={FIRST_PARTY}\n" in result.out
    assert "removed" not in result.err


@pytest.mark.parametrize("name, value", (("ANTHROPIC_BASE_URL", GATEWAY), ("ANTHROPIC_UNIX_SOCKET", "/run/x")))
def test_keep_cannot_lead_a_first_party_key_to_another_host(stage, name, value):
    stage.write(debug())
    result = stage.run("exec", "--keep", name, "env", env={name: value})
    assert (result.status, result.out) == (77, "")
    assert f"--keep {name}: it leads to a host the credential may not be sent to" in result.err


def test_keep_of_a_variable_that_is_not_there_is_harmless(stage):
    stage.write(debug())
    assert stage.run("exec", "--keep", "ANTHROPIC_SCOPE", "--keep", "NONSENSE", "true").status == 0


@pytest.mark.parametrize("name", variables.CREDENTIALS)
def test_keep_refuses_what_carries_a_credential(stage, name):
    stage.program("show", "touch started")
    stage.write(debug())
    result = stage.run("exec", "--keep", name, "show", env={name: "CANARY"})
    assert result.status == 64 and name in result.message
    assert not (stage.work / "started").exists()


def test_keep_refuses_what_the_credential_sets(stage):
    stage.write(debug(base_url=GATEWAY))
    assert stage.run("exec", "--keep", "ANTHROPIC_BASE_URL", "true").status == 64


# --- --print-env-changes --------------------------------------------------------------------------------------------

def changes(result):
    assert (result.status, result.err) == (0, "")
    lines = [line.split(" ") for line in result.out.splitlines()]
    assert all(len(line) == 2 and line[0] in ("set", "unset") for line in lines)
    return {word: [name for which, name in lines if which == word] for word in ("set", "unset")}


@pytest.mark.parametrize("name", KINDS)
def test_print_env_changes_names_all_that_is_set_and_unset(stage, name):
    stage.shower("claude")
    stage.write(debug(**KINDS[name][0]))
    found = changes(stage.run("exec", "--print-env-changes", "claude"))
    assert sorted(found["set"]) == sorted(KINDS[name][1])
    assert set(found["unset"]) >= set(variables.UNSET) - set(found["set"])
    assert not set(found["unset"]) & (set(found["set"]) | set(variables.STAY) - {"CLAUDE_CONFIG_DIR"})


def test_print_env_changes_agrees_with_json(stage):
    stage.write(debug(workspace="wrkspc_1"))
    found = changes(stage.run("exec", "--print-env-changes", "true"))
    env = stage.json()["env"]
    assert found == {"set": [name for name in env if env[name] is not None],
                     "unset": [name for name in env if env[name] is None]}


def test_print_env_changes_leaves_out_what_is_kept(stage):
    stage.write(debug())
    found = changes(stage.run("exec", "--keep", "ANTHROPIC_SCOPE", "--print-env-changes", "true"))
    assert "ANTHROPIC_SCOPE" not in found["set"] + found["unset"]


def test_print_env_changes_runs_nothing(stage):
    stage.program("show", "touch started")
    stage.write(debug())
    changes(stage.run("exec", "--print-env-changes", "show"))
    assert not (stage.work / "started").exists()


def test_print_env_changes_fails_as_exec_would(stage):
    stage.write(debug(result="denied"))
    result = stage.run("exec", "--print-env-changes", "true")
    assert (result.status, result.out) == (77, "")
    assert stage.run("exec", "--print-env-changes", "nowhere-to-be-found").status == 127


def test_print_env_changes_that_cannot_be_written_is_70(stage):
    stage.write(debug())
    with open("/dev/full", "wb") as full:
        assert stage.run("exec", "--print-env-changes", "true", stdout=full).status == 70


# --- what others can see --------------------------------------------------------------------------------------------

def test_no_secret_is_in_the_arguments_of_any_process(stage):
    stage.program("show", "cat /proc/$$/cmdline /proc/$PPID/cmdline")
    stage.write(debug())
    result = stage.run("exec", "show", "word")
    assert result.status == 0 and "word" in result.out


@pytest.mark.no_memcheck
def test_the_arguments_of_keystile_have_no_secret_while_it_walks(stage):
    stage.write(debug(delay="2s"))
    with stage.popen("exec", "true") as process:
        deadline = time.monotonic() + 10
        while b"exec" not in (line := open(f"/proc/{process.pid}/cmdline", "rb").read()):
            assert time.monotonic() < deadline
        assert line == os.fsencode(TESTABLE) + b"\0exec\0true\0"
        process.kill()


# --- which of several logins ----------------------------------------------------------------------------------------

def login(stage, **options):
    stage.write(debug(transport="cli", kind="stored-login", **options))
    stage.shower("claude")


def test_a_login_in_its_usual_place_leaves_no_variable_that_names_another(stage):
    login(stage)
    found, messages = child(stage, "claude")
    assert "CLAUDE_CONFIG_DIR" not in found.env and messages == []
    assert stage.json("-t", "cli")["env"]["CLAUDE_CONFIG_DIR"] is None


def test_a_login_that_an_entry_chose_replaces_the_one_of_the_environment_and_says_so(stage):
    login(stage, config_dir="/srv/claude")
    found, messages = child(stage, "claude", env={"CLAUDE_CONFIG_DIR": "/srv/other"})
    assert found.env["CLAUDE_CONFIG_DIR"] == "/srv/claude"
    assert len(messages) == 1 and "CLAUDE_CONFIG_DIR replaced" in messages[0] and "another login" in messages[0]
    assert child(stage, "claude", env={"CLAUDE_CONFIG_DIR": "/srv/claude"})[1] == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_folder_of_claudes_own_is_taken_out_whatever_the_credential(stage, kind):
    stage.write(debug(**KINDS[kind][0]))
    stage.shower("claude")
    env = {"CLAUDE_CONFIG_DIR": ""}
    found, messages = child(stage, "claude", env=env)
    assert found.env.get("CLAUDE_CONFIG_DIR") == KINDS[kind][1].get("CLAUDE_CONFIG_DIR")
    assert [line for line in messages if "CLAUDE_CONFIG_DIR removed" in line and "empty" in line] != []
    changes = stage.run("exec", "--print-env-changes", "claude", env=env).out.splitlines()
    assert len([line for line in changes if line.endswith(" CLAUDE_CONFIG_DIR")]) == 1


@pytest.mark.parametrize("options", [{}, {"config_dir": "/srv/claude"}])
def test_which_login_it_is_cannot_be_kept_from_the_environment(stage, options):
    login(stage, **options)
    result = stage.run("exec", "--keep", "CLAUDE_CONFIG_DIR", "claude", env={"CLAUDE_CONFIG_DIR": "/srv/other"})
    assert result.status == 64 and "--keep CLAUDE_CONFIG_DIR" in result.message


def test_a_second_variable_of_a_name_does_not_reach_the_program(stage):
    """Keystile reads the first, and another program may read the last."""
    login(stage)
    path = stage.folder / "twice.c"
    path.write_text('#include <unistd.h>\nextern char **environ;\nint main(int c, char **v) { char *e[4096]; int n = 0;'
                    'for (; environ[n] && n < 4000; n++) e[n] = environ[n]; e[n++] = "HOME=/srv/other"; e[n] = 0;'
                    'return c > 1 ? execve(v[1], v + 1, e) : 1; }\n', encoding="utf-8")
    subprocess.run(["cc", str(path), "-o", str(stage.folder / "twice")], check=True, timeout=60)
    result = stage.run(TESTABLE, "exec", "claude", command=stage.folder / "twice", reveals=True)
    assert result.out.count("HOME=") == 1 and f"HOME={stage.home}\0" in result.out
