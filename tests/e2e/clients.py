# SPDX-License-Identifier: MIT
"""The official clients under test: where they are, the clean environment they get, what a request carried.

tools/clients.sh installs them into a folder, and KEYSTILE_CLIENTS names that folder. A client that is not there is
an error, never a skipped test.
"""

import json
import os
import pathlib
import shutil
import subprocess

import netns
from stage import PASSED_ON, fingerprint

PROGRAMS = pathlib.Path(__file__).resolve().parent / "client_programs"
BASE_URL = f"http://127.0.0.1:{netns.PORT}"
OTHER_URL = f"http://127.0.0.1:{netns.OTHER_PORT}"

# Every header by which a client says who pays, in lower case.
CREDENTIAL_HEADERS = ("x-api-key", "authorization", "anthropic-workspace-id", "anthropic-beta")


def folder():
    """The folder that tools/clients.sh made."""
    name = os.environ.get("KEYSTILE_CLIENTS")
    if not name:
        raise RuntimeError("KEYSTILE_CLIENTS is not set; run tools/clients.sh DIR and set it to DIR")
    return pathlib.Path(name).resolve()


def installed(*parts):
    path = folder().joinpath(*parts)
    if not os.access(path, os.X_OK):
        raise RuntimeError(f"{path} is missing; run tools/clients.sh {folder()}")
    return str(path)


def claude():
    return installed("npm", "node_modules", ".bin", "claude")


def python():
    """The Python that has the `anthropic` package."""
    return installed("venv", "bin", "python3")


def node():
    path = shutil.which("node")
    if not path:
        raise RuntimeError("node is missing; install nodejs")
    return path


def claude_command(*args):
    return [claude(), "-p", "ping", *args]


def python_command():
    return [python(), str(PROGRAMS / "ping.py")]


def node_command():
    return [node(), str(PROGRAMS / "ping.mjs")]


def python_agent_command():
    return [python(), str(PROGRAMS / "agent.py")]


def node_agent_command():
    return [node(), str(PROGRAMS / "agent.mjs")]


# Both start a claude of their own.
AGENTS = {"python": python_agent_command, "typescript": node_agent_command}
SDKS = {"python": python_command, "typescript": node_command}
COMMANDS = {"claude": claude_command, "python": python_command, "typescript": node_command}


def npm_version(package):
    return json.loads((folder() / "npm" / "node_modules" / package / "package.json").read_text("utf-8"))["version"]


def python_version(package):
    program = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    return subprocess.run([python(), "-c", program, package], capture_output=True, text=True, check=True,
                          timeout=netns.TIMEOUT).stdout.strip()


def versions():
    """The version of each client that is really there, by the names of COMMANDS."""
    return {"claude": npm_version("@anthropic-ai/claude-code"), "python": python_version("anthropic"),
            "typescript": npm_version("@anthropic-ai/sdk"), "python-agent": python_version("claude-agent-sdk"),
            "typescript-agent": npm_version("@anthropic-ai/claude-agent-sdk")}


def environment(home, **variables):
    """A whole environment: of the caller's there is only where `node` is, and what tells sanitizers how to behave.
    `variables` come on top.
    """
    path = [os.path.dirname(node()), "/usr/local/bin", "/usr/bin", "/bin"]
    return {
        "PATH": ":".join(dict.fromkeys(path)),
        "HOME": str(home),
        "TMPDIR": str(home),  # claude leaves folders there
        "LANG": "C.UTF-8",
        "NODE_PATH": str(folder() / "npm" / "node_modules"),
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        **PASSED_ON,
        **variables,
    }


def headers_of(request):
    """The headers of a recorded request: {lower-case name: [value, ...]}."""
    found = {}
    for name, value in request["headers"]:
        found.setdefault(name.lower(), []).append(value)
    return found


def auth_of(request):
    """Those of them that carry a credential, or say what it is."""
    return {name: values for name, values in headers_of(request).items() if name in CREDENTIAL_HEADERS}


def credentials_of(request):
    """Each credential in a recorded request, as (how it was sent, its fingerprint): x-api-key, bearer, basic."""
    found = []
    for name, value in request["headers"]:
        if name.lower() == "x-api-key":
            found.append(("x-api-key", fingerprint(value)))
        elif name.lower() in ("authorization", "proxy-authorization"):
            scheme, _, secret = value.partition(" ")
            found.append((scheme.lower(), fingerprint(secret)))
    return sorted(found)


def messages_of(requests):
    """The requests that asked for a message: what a client sends before or beside them bills nobody."""
    return [r for r in requests if r["method"] == "POST" and r["path"].partition("?")[0] == "/v1/messages"]
