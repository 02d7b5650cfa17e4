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
from logins import ACCESS_TOKEN, store
from stage import (API_KEY, CANARY, GATEWAY, GATEWAY_TOKEN, OTHER_KEY, SANITIZERS, SCRIPT, SETUP_TOKEN, debug, entry)
from terminal import run_on_terminal

pytestmark = pytest.mark.both_homes

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


# What is in files below the home: the mode, and the text.
TWO_KEYS = f"ANTHROPIC_API_KEY={API_KEY}\nOTHER={OTHER_KEY}\n"
FILES = {
    "key": (0o600, f"{API_KEY}\n"), "all-can-read": (0o644, API_KEY),
    "two-lines": (0o600, f"{API_KEY}\n{OTHER_KEY}"),
    "dotenv": (0o600, TWO_KEYS), "no-dotenv": (0o600, f"{TWO_KEYS}{OTHER_KEY}\n"), "twice": (0o600, TWO_KEYS * 2),
    "json": (0o600, json.dumps({"key": API_KEY, "list": [OTHER_KEY]})), "no-json": (0o600, f'{{"key": "{API_KEY}'),
    "token": (0o600, f"{SETUP_TOKEN[:80]}\n{SETUP_TOKEN[80:]}\n"), "cut-off": (0o600, SETUP_TOKEN[:80]),
    "two-tokens": (0o600, f"{SETUP_TOKEN}\n{SETUP_TOKEN}\n"),
}
# A credential of each source, and everything that is refused: what is said of it must not show it.
SOURCES = {
    "default": ["api binding env.so kind=gateway-token base-url=https://gateway.example", "any sufficient env.so",
                "any sufficient env.so var=CLAUDE_CODE_OAUTH_TOKEN"],
    "plain": [entry("file", path="~/key")],
    "dotenv": [entry("file", path="~/dotenv", format="dotenv")],
    "json": [entry("file", path="~/json", format="json", field="key")],
    "token": [entry("setup-token")],
    "token-in-a-file": [entry("setup-token", path="~/token")],
    "login": [entry("credentials-file")],
    "bad": [
        entry("env", var="CLAUDE_CODE_OAUTH_TOKEN"), entry("env", var="ANTHROPIC_CUSTOM_HEADERS"),
        entry("file", path="~/all-can-read"), entry("file", path="~/two-lines"), entry("file", path="~/token"),
        entry("file", path="~/no-dotenv", format="dotenv"), entry("file", path="~/twice", format="dotenv"),
        entry("file", path="~/no-json", format="json", field="key"),
        entry("file", path="~/json", format="json", field="list"),
        entry("file", path="~/json", format="json", field="none"),
        entry("setup-token", path="~/cut-off"), entry("setup-token", path="~/two-tokens"),
        entry("setup-token", path="~/key"), entry("setup-token", path="~/json"), entry("setup-token", path="~/dotenv"),
        entry("credentials-file", config_dir="~/broken"), entry("credentials-file", config_dir="~/expired"),
    ],
}
EVERY_SOURCE = pytest.mark.parametrize("service", SOURCES)


@pytest.fixture
def dangerous(stage):
    """A stage with secrets in the environment, in files, in settings, and in bad places."""
    for module in ("file", "setup-token", "credentials-file"):
        stage.install(module)
    for service, lines in SOURCES.items():
        stage.write(*lines, service=service)
    for name, (mode, text) in FILES.items():
        (stage.home / name).write_text(text, encoding="utf-8")
        (stage.home / name).chmod(mode)
    store(stage.home / ".claude")
    store(stage.home / "broken", scopes=ACCESS_TOKEN, subscriptionType=ACCESS_TOKEN)
    store(stage.home / "expired", expiresAt=0, refreshToken="", subscriptionType=ACCESS_TOKEN)
    stage.shower("claude")
    for place in (stage.home, stage.work):
        (place / ".claude").mkdir(exist_ok=True)
        (place / ".claude" / "settings.json").write_text(
            json.dumps({"apiKeyHelper": f"echo {OTHER_KEY}", "env": {"ANTHROPIC_API_KEY": OTHER_KEY}}),
            encoding="utf-8")
    return stage


@pytest.mark.parametrize("args", SILENT, ids=" ".join)
@EVERY_SOURCE
def test_no_secret_in_what_a_command_says(dangerous, args, service):
    if service != "default":
        dangerous.write(f"include {service}")
    result = dangerous.run(*args, env=ENVIRONMENT)
    assert result.out + result.err


def test_each_of_those_sources_is_what_it_is_called(dangerous):
    for service in SOURCES:
        status, found = dangerous.explain("-s", service, env=ENVIRONMENT)
        expected = 65 if service == "bad" else 0
        assert status == expected, (service, found)
        results = [step["result"] for step in found["steps"]]
        assert service != "bad" or set(results) == {"invalid", "expired", "not-configured"}


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


@EVERY_SOURCE
def test_no_secret_in_the_log_of_the_system(dangerous, service):
    if service != "default":
        dangerous.write(f"include {service}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(dangerous.log))
        listener.settimeout(5)
        for args in (["get", "-f", "json"], ["get"], ["exec", "true"], ["exec", "-t", "cli", "true"], ["explain"]):
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


@pytest.mark.both_homes(False)
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


@pytest.mark.parametrize("service", [name for name in SOURCES if name != "bad"])
def test_no_secret_in_an_argument(dangerous, service):
    """Neither of keystile's own nor of the program it becomes: Stage.run() looks for it in what cat shows."""
    result = dangerous.run("exec", "-s", service, "-t", "any", "--", "cat", "/proc/self/cmdline", env=ENVIRONMENT)
    assert (result.status, result.out) == (0, "cat\0/proc/self/cmdline\0")
