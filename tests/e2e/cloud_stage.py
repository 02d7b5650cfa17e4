# SPDX-License-Identifier: MIT
"""A stage for a login by a cloud, with a stand-in for Vault that has a secret and takes any login."""

import json

from cloud_servers import answers
from stage import API_KEY, entry
from vault_rows import GIVEN, LOGGED_IN, PATH


def vault_answers(mount):
    return {f"POST /v1/auth/{mount}/login": LOGGED_IN, "GET /v1/secret/data/ai/claude": GIVEN}


class CloudStage:
    def __init__(self, stage, server, auth):
        self.stage, self.server, self.auth = stage, server, auth
        stage.install("vault")
        server.rewind(answers(vault_answers(auth)))

    def write(self, **options):
        options = {"addr": self.server.url, "path": PATH, "kv_version": 2, "auth": self.auth, "retries": 0,
                   "at_timeout": "20s", **options}
        self.stage.write(entry("vault", **options))

    def file(self, name, text, mode=0o600):
        path = self.stage.home / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def bodies(self, env=None, **options):
        """It logs in, and gets the secret. What each login was made of."""
        self.write(**options)
        assert self.stage.json(env=env)["secret"] == API_KEY
        bodies = [json.loads(request.body) for request in self.server.requests if request.method == "POST"]
        assert bodies
        return bodies

    def fails(self, env=None, **options):
        """It does not log in. What became of it, and what is said."""
        self.write(**options)
        outcome, text = self.stage.refused(env=env)
        assert self.server.requests == [], "something was sent to Vault"
        assert "; " in text, "no remedy"
        return outcome, text
