# SPDX-License-Identifier: MIT
"""Every variable that could make a client send another credential, or send it elsewhere, set to do just that.

What they hold is made up. Each text that can hold CANARY does, so that a request shows where one of them got through;
each URL is that of the second stand-in.
"""

import json
import shlex

from clients import OTHER_URL
from stage import CANARY, secret

KEY = secret("sk-ant-api03-", "tempting-key")
TOKEN = secret("gw-", "tempting-token", 48)
SETUP_TOKEN = secret("sk-ant-oat01-", "tempting-setup-token")
WORKSPACE = f"wrkspc_{CANARY}"
# What one of the variables names, and what is therefore beside them.
BESIDE = {"TEMPTING_SECRET": KEY}
NEVER = 4102444800  # the year 2100, as an expiry


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def profile(folder):
    """A profile of the kind that `ant auth login` leaves, and the active one. Returns the folder."""
    login = {"version": "1.0", "authentication": {"type": "user_oauth"}, "base_url": OTHER_URL}
    token = {"version": "1.0", "type": "oauth_token", "access_token": SETUP_TOKEN, "expires_at": NEVER,
             "scope": "user:inference"}
    write(folder / "active_config", "tempting\n")
    write(folder / "configs" / "tempting.json", login)
    write(folder / "credentials" / "tempting.json", token)
    return str(folder)


def first_party(folder):
    headers = f"x-api-key: {KEY}\nAuthorization: Bearer {TOKEN}\nanthropic-workspace-id: {WORKSPACE}"
    return {
        "ANTHROPIC_API_KEY": KEY,
        "ANTHROPIC_AUTH_TOKEN": TOKEN,
        "ANTHROPIC_BASE_URL": OTHER_URL,
        "ANTHROPIC_CUSTOM_HEADERS": headers,
        "ANTHROPIC_UNIX_SOCKET": str(folder / "socket"),
        "CLAUDE_CODE_OAUTH_TOKEN": SETUP_TOKEN,
        "CLAUDE_CODE_OAUTH_REFRESH_TOKEN": secret("sk-ant-ort01-", "tempting-refresh-token"),
        "CLAUDE_CODE_OAUTH_SCOPES": "user:inference",
        "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR": "3",
        "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR": "4",
        "CLAUDE_CODE_GATEWAY_TOKEN_FILE_DESCRIPTOR": "5",
        "CLAUDE_CODE_USE_GATEWAY": "1",
        "CLAUDE_CODE_HOST_CREDS_FILE": write(folder / "host.json", {"apiKey": KEY}),
        "CLAUDE_CODE_HOST_AUTH_ENV_VAR": "TEMPTING_SECRET",
        "CLAUDE_CODE_CUSTOM_OAUTH_URL": OTHER_URL,
        "_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL": "1",
        "CLAUDE_CODE_SIMPLE": "1",
        "CLAUDE_CODE_ENTRYPOINT": "local-agent",
        "CLAUDE_CODE_REMOTE": "1",
        "CLAUDE_CODE_REMOTE_SESSION_ID": CANARY,
    }


def profiles(folder):
    return {
        "ANTHROPIC_PROFILE": "tempting",
        "ANTHROPIC_CONFIG_DIR": profile(folder / "anthropic"),
        "ANTHROPIC_FEDERATION_RULE_ID": f"fdrl_{CANARY}",
        "ANTHROPIC_ORGANIZATION_ID": "00000000-0000-4000-8000-000000000000",
        "ANTHROPIC_SERVICE_ACCOUNT_ID": f"svac_{CANARY}",
        "ANTHROPIC_IDENTITY_TOKEN": f"{CANARY}.{CANARY}.{CANARY}",
        "ANTHROPIC_IDENTITY_TOKEN_FILE": write(folder / "identity", f"{CANARY}.{CANARY}.{CANARY}"),
        "ANTHROPIC_WORKSPACE_ID": WORKSPACE,
        "ANTHROPIC_SCOPE": "user:inference",
    }


def clouds():
    """Each cloud, with a credential and the second stand-in for its endpoint. Seen to go there, one by one."""
    found = {}
    for cloud in ("BEDROCK", "VERTEX", "FOUNDRY", "ANTHROPIC_AWS", "MANTLE", "ANTHROPIC_GOOGLE_CLOUD"):
        found[f"CLAUDE_CODE_USE_{cloud}"] = found[f"CLAUDE_CODE_SKIP_{cloud}_AUTH"] = "1"
    for cloud in ("BEDROCK", "BEDROCK_MANTLE", "VERTEX", "FOUNDRY", "AWS", "GOOGLE_CLOUD"):
        found[f"ANTHROPIC_{cloud}_BASE_URL"] = OTHER_URL
    return {
        **found,
        "AWS_BEARER_TOKEN_BEDROCK": TOKEN,
        "ANTHROPIC_VERTEX_PROJECT_ID": CANARY,
        "ANTHROPIC_FOUNDRY_API_KEY": KEY,
        "ANTHROPIC_FOUNDRY_AUTH_TOKEN": TOKEN,
        "ANTHROPIC_FOUNDRY_RESOURCE": CANARY,
        "ANTHROPIC_AWS_API_KEY": KEY,
        "ANTHROPIC_AWS_WORKSPACE_ID": WORKSPACE,
        "ANTHROPIC_GOOGLE_CLOUD_PROJECT": CANARY,
        "ANTHROPIC_GOOGLE_CLOUD_LOCATION": CANARY,
        "ANTHROPIC_GOOGLE_CLOUD_WORKSPACE_ID": WORKSPACE,
    }


def variables(folder):
    """The variables; what they point at is written into the folder."""
    return {**first_party(folder), **profiles(folder), **clouds()}


def with_descriptors(folder, argv):
    """The command line that runs argv with the descriptors open which the variables name."""
    opened = []
    for descriptor, content in ((3, KEY), (4, SETUP_TOKEN), (5, TOKEN)):
        opened.append(f"{descriptor}<{shlex.quote(write(folder / f'descriptor-{descriptor}', content))}")
    return ["/bin/sh", "-c", f'exec "$@" {" ".join(opened)}', "sh", *argv]
