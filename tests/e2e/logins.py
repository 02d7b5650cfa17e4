# SPDX-License-Identifier: MIT
"""Stored logins of claude's, as it writes them. The tokens are made up."""

import json
import time

from stage import secret

ACCESS_TOKEN = secret("sk-ant-oat01-", "access-token")
REFRESH_TOKEN = secret("sk-ant-ort01-", "refresh-token")
HOUR, DAY = 3600, 24 * 3600
LEFT_OUT = object()


def milliseconds(seconds_from_now):
    return int(time.time() + seconds_from_now) * 1000


def login(**members):
    """The member claudeAiOauth of a login that is good; `members` replace some of it, or leave it out."""
    good = {
        "accessToken": ACCESS_TOKEN, "refreshToken": REFRESH_TOKEN,
        "expiresAt": milliseconds(8 * HOUR), "refreshTokenExpiresAt": milliseconds(30 * DAY),
        "scopes": ["user:inference", "user:profile", "user:sessions:claude_code"],
        "subscriptionType": "max", "rateLimitTier": "default_claude_max_5x",
    }
    return {name: value for name, value in {**good, **members}.items() if value is not LEFT_OUT}


def store(folder, text=None, mode=0o600, **members):
    """Writes .credentials.json into a folder of claude's. Returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ".credentials.json"
    path.write_text(json.dumps({"claudeAiOauth": login(**members)}) if text is None else text, encoding="utf-8")
    path.chmod(mode)
    return path
