# SPDX-License-Identifier: MIT
"""No secret goes where it was not sent: not to messages, not to other commands' output, not to arguments, logs or
files; and nothing of the user's is written to. (design, sections 1, 7 and 8)

Stage.run() looks for the secrets in every message of every test; what is here looks where it does not.
"""

import json
import resource
import socket
import time

import pytest
from stage import (API_KEY, CANARY, GATEWAY, GATEWAY_TOKEN, OTHER_KEY, SANITIZERS, SCRIPT, SETUP_TOKEN, debug, entry)
from terminal import run_on_terminal

# Secrets of every sort, as a user's environment may have them.
ENVIRONMENT = {
    "ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_AUTH_TOKEN": GATEWAY_TOKEN, "CLAUDE_CODE_OAUTH_TOKEN": SETUP_TOKEN,
    "ANTHROPIC_CUSTOM_HEADERS": f"x-api-key: {OTHER_KEY}", "AWS_BEARER_TOKEN_BEDROCK": "CANARY",
    "ANTHROPIC_IDENTITY_TOKEN": "CANARY",
}

# What says something about a credential, and must not show it.
SILENT = [["explain"], ["explain", "--json"], ["explain", "-t", "api"], ["explain", "--json", "--", "claude"],
          ["check", "-v"], ["check", "--json"], ["modules"], ["modules", "env"], ["exec", "-v", "true"],
          ["exec", "-v", "claude"], ["exec", "--print-env-changes", "claude"]]


@pytest.fixture
def dangerous(stage):
    """A stage with secrets in the environment, in settings, and in bad places."""
    stage.write("api binding env.so kind=gateway-token base-url=https://gateway.example",
                "any sufficient env.so", "any sufficient env.so var=CLAUDE_CODE_OAUTH_TOKEN", service="default")
    stage.write("any sufficient env.so var=CLAUDE_CODE_OAUTH_TOKEN",
                "any sufficient env.so var=ANTHROPIC_CUSTOM_HEADERS", service="bad")
    stage.shower("claude")
    for place in (stage.home, stage.work):
        (place / ".claude").mkdir()
        (place / ".claude" / "settings.json").write_text(
            json.dumps({"apiKeyHelper": f"echo {OTHER_KEY}", "env": {"ANTHROPIC_API_KEY": OTHER_KEY}}),
            encoding="utf-8")
    return stage


@pytest.mark.parametrize("args", SILENT, ids=" ".join)
@pytest.mark.parametrize("service", ["default", "bad"])
def test_no_secret_in_what_a_command_says(dangerous, args, service):
    if service == "bad":
        dangerous.write("include bad")
    result = dangerous.run(*args, env=ENVIRONMENT)
    assert result.out + result.err


@pytest.mark.parametrize("name", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"])
@pytest.mark.parametrize("value", [
    "sk-ant-ort01-CANARY", "sk-ant-new01-CANARY", "sk-ant-api03-CANARY with a blank", "sk-ant-api03-\nCANARY",
    "CANARY", SETUP_TOKEN, "sk-ant-api03-CANARY".ljust(20000, "x"), "sk-ant-api03-CANARY\x1b[31m",
])
def test_no_secret_in_the_message_that_refuses_it(stage, name, value):
    kind = "gateway-token" if name == "ANTHROPIC_AUTH_TOKEN" else "api-key"
    stage.write(entry("env", kind=kind))
    for args in (["get"], ["get", "-f", "helper"], ["explain"], ["exec", "true"]):
        result = stage.run(*args, env={name: value})
        assert result.status == 65 and name in result.err + result.out


def test_no_secret_of_a_file_in_the_message_that_refuses_it(stage):
    stage.write(entry("env"))
    key = stage.home / "key"
    for mode, text in ((0o644, API_KEY), (0o600, f"{API_KEY}\n{OTHER_KEY}"), (0o600, "sk-ant-ort01-CANARY")):
        key.write_text(text, encoding="utf-8")
        key.chmod(mode)
        result = stage.run("explain", env={"ANTHROPIC_API_KEY_FILE": str(key)})
        assert result.status == 65 and str(key) in result.out


@pytest.mark.parametrize("line", [
    f"any sufficient env.so {API_KEY}", f"any sufficient env.so key={API_KEY}",
    f"any sufficient env.so var={API_KEY}", f"any sufficient env.so kind={API_KEY}",
    f"any sufficient env.so base-url=https://{API_KEY}@gateway.example",
    f"any sufficient env.so base-url=https://gateway.example?key={API_KEY}",
    f"any sufficient env.so @timeout={API_KEY}", f"any sufficient env.so @accept={API_KEY}",
    f"any sufficient {API_KEY}", f"any {API_KEY} env.so", API_KEY,
    f"ANTHROPIC_API_KEY={API_KEY}", f"include {API_KEY}", f"any [{API_KEY}=next] env.so",
    f'any sufficient env.so var="{API_KEY}',
], ids=lambda line: line.replace(API_KEY, "SECRET"))
def test_a_secret_that_was_pasted_into_a_stack_is_not_echoed(stage, line):
    path = stage.write(line)
    for args in (["get"], ["check", "default"], ["check", "--json", "default"]):
        result = stage.run(*args)
        assert result.status == 78
        assert all(message.startswith(f"{path}:1:") for message in result.messages)


def test_no_secret_on_a_terminal_but_where_it_is_asked_for(dangerous):
    for args in (["get"], ["exec", "true"], ["explain"], ["explain", "--", "claude"]):
        text = run_on_terminal(lambda **streams: dangerous.popen(*args, env=ENVIRONMENT, **streams),
                               "stdin", "stdout", "stderr")[1]
        assert text and CANARY not in text


def test_no_secret_in_the_log_of_the_system(dangerous):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(dangerous.log))
        listener.settimeout(5)
        for args in (["get", "-f", "json"], ["get"], ["exec", "true"], ["explain"]):
            dangerous.run(*args, env=ENVIRONMENT, reveals=True)
            data = listener.recv(65536)
            assert b"outcome=" in data and CANARY.encode() not in data


def test_what_an_environment_holds_makes_no_second_line_of_a_message(stage):
    stage.write(entry("env"))
    odd = f"{stage.folder}/odd\nkeystile: all is well\x1b[31m\x9b"
    result = stage.get(env={"ANTHROPIC_API_KEY_FILE": odd})
    assert result.status == 1 and len(result.messages) == 2
    assert all(message.isprintable() for message in result.messages)


def everything(*folders):
    """Names, modes, sizes, times and contents of all that is in some folders."""
    return {str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns, path.is_file() and path.read_bytes())
            for folder in folders for path in [folder, *folder.rglob("*")]}


def test_nothing_of_the_users_is_written_to(dangerous):
    folders = [dangerous.folder]
    before = everything(*folders)
    for args in [["get"], ["get", "-f", "json", "-t", "any"], ["get", "-f", "helper"],
                 ["exec", "--allow-shadow", "true"], ["check"], ["classify"], *SILENT]:
        dangerous.run(*args, env=ENVIRONMENT, reveals=True)
    assert everything(*folders) == before


def test_the_memory_of_a_secret_is_locked_and_left_out_of_core_dumps(stage):
    stage.write(debug())
    (line,) = [line for line in stage.run("open", "resolve", "memory", command=SCRIPT).out.splitlines()
               if line.startswith("memory:")]
    flags = line.split()[1:]
    assert "dd" in flags
    assert "lo" in flags or SANITIZERS  # AddressSanitizer lets nothing be locked


def test_a_secret_is_given_also_where_no_memory_may_be_locked(stage):
    stage.write(debug())
    result = stage.get(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0)))
    assert result.out == f"{API_KEY}\n"


def test_the_environment_of_keystile_itself_is_what_it_was_given(stage):
    """The secret is nowhere but in the environment of the program that is started."""
    stage.write(debug(delay="1s", base_url=GATEWAY))
    with stage.popen("exec", "true") as process:
        deadline = time.monotonic() + 10
        while b"exec" not in open(f"/proc/{process.pid}/cmdline", "rb").read():
            assert time.monotonic() < deadline
        given = open(f"/proc/{process.pid}/environ", "rb").read()
        process.communicate(timeout=30)
    assert given and CANARY.encode() not in given
