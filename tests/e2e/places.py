# SPDX-License-Identifier: MIT
"""Where the official clients run behind the installed keystile: folders, a configuration, and no network.
"""

import json
import os
import shlex

import clients
import netns
import trustme
from stage import CANARY, INSTALLED, PREFIX, fingerprint

VENDOR = INSTALLED.parent.parent / "lib" / "keystile"
MANAGED = "/etc/claude-code"
FIRST_PARTY, SIGN_IN = "api.anthropic.com", "platform.claude.com"
HTTPS = 443
OAUTH_BETA = "oauth-2025-04-20"
ORDINARY_UID = 1  # daemon: every Debian has it, and nothing runs as it


class Authority:
    """Makes clients take a stand-in for the API itself: a certificate for its name, and the name for loopback's.

    A subscription's credential goes there and nowhere else, so its requests are to be seen nowhere else. Where one
    signs in is out of reach, but with `sign_in_hosts`. Key and certificate are made for the run, and good for no
    other.
    """

    def __init__(self, folder):
        authority = trustme.CA()
        self.identity, certificate = folder / "identity.pem", folder / "authority.pem"
        self.hosts, self.sign_in_hosts = folder / "hosts", folder / "sign-in-hosts"
        authority.issue_cert(FIRST_PARTY, SIGN_IN).private_key_and_cert_chain_pem.write_to_path(self.identity)
        authority.cert_pem.write_to_path(certificate)
        self.hosts.write_text(f"127.0.0.1 localhost {FIRST_PARTY}\n", encoding="utf-8")
        self.sign_in_hosts.write_text(f"127.0.0.1 localhost {FIRST_PARTY} {SIGN_IN}\n", encoding="utf-8")
        self.variables = {"NODE_EXTRA_CA_CERTS": str(certificate), "SSL_CERT_FILE": str(certificate)}


class Place:
    """Folders for one test, and the installed keystile with a configuration of the test's.

    That is laid over the vendor's in each namespace. An ordinary user's has no root, so nothing that --config-dir
    could name is root's there; the directories that were compiled in are trusted all the same (design, section 3).
    With an authority, a stand-in answers for the API itself, at its own name and by TLS.
    """

    def __init__(self, folder, stack, variables, authority=None):
        self.folder, self.variables, self.authority, self.user = folder, variables, authority, None
        self.config, self.home, self.work, self.bin = (self.make(name) for name in ("etc", "home", "work", "bin"))
        self.service("default", *stack)

    def belong_to_an_ordinary_user(self):
        """Runs all commands from now on as one, with a home that is theirs. For one who already is, nothing changes.
        Namespaces are still made by whoever runs the tests: in a chroot only root can.
        """
        self.user = ORDINARY_UID if os.geteuid() == 0 else None

    def as_user(self, argv):
        """The command line that runs argv as the user of this place."""
        if self.user is None:
            return argv
        for path in (self.home, self.work, *self.home.rglob("*"), *self.work.rglob("*")):
            os.chown(path, self.user, self.user, follow_symlinks=False)
        return ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups", "--", *argv]

    def make(self, name):
        path = self.folder / name
        path.mkdir(exist_ok=True)
        return path

    def service(self, name, *lines):
        (self.config / f"{name}.conf").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def environment(self, **variables):
        found = clients.environment(self.home, **variables)
        return {**found, "PATH": f"{self.bin}:{INSTALLED.parent}:{found['PATH']}"}

    def settings(self, place, content, name="settings.json"):
        """Writes settings of claude's in the folder. Returns the path."""
        path = place / ".claude" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    def run(self, argv, variables, cwd=None, managed=None, binds=(), hosts=None, reveals=False,
            timeout=netns.TIMEOUT):
        """Runs a command between the stand-ins. An administrator's settings are there only where a test has some.
        `reveals` is for what is meant to show a secret.
        """
        binds = [*binds, *((file, VENDOR / file.name) for file in self.config.iterdir())]
        ports = [netns.PORT, netns.OTHER_PORT]
        if managed or os.path.exists(MANAGED):
            binds.append((managed or self.make("managed"), MANAGED))
        if self.authority:
            binds.append((hosts or self.authority.hosts, "/etc/hosts"))
            ports.append((HTTPS, self.authority.identity))
            variables = {**self.authority.variables, **variables}
        run = netns.run_in_netns(self.as_user(argv), self.environment(**variables), cwd or self.work, binds=binds, timeout=timeout,
                                 ports=ports)
        assert reveals or CANARY not in run.stdout + run.stderr, "a secret in what was said"
        return run

    def exec(self, *args, variables=None, **options):
        """keystile exec, with the variables of this place unless told otherwise."""
        variables = self.variables if variables is None else variables
        return self.run([INSTALLED, "exec", *args], variables, **options)

    def link_claude(self):
        """Puts a claude into PATH that leaves a mark where it is started. Returns its arguments."""
        path, *args = clients.claude_command()
        claude = self.bin / "claude"
        claude.write_text(f'#!/bin/sh\n: >"$HOME/started"\nexec {shlex.quote(path)} "$@"\n', encoding="utf-8")
        claude.chmod(0o755)
        return args

    def claude(self, *options, **more):
        """keystile exec of claude. Returns the run, and whether claude was started."""
        args = self.link_claude()
        run = self.exec(*options, "--", "claude", *args, **more)
        return run, (self.home / "started").exists()

    def stopped(self, *options, **more):
        """keystile exec of claude, which must not come to it. Returns the exit status and the messages."""
        run, started = self.claude(*options, **more)
        assert not started
        assert run.requests == []
        assert run.stdout == ""
        told = messages(run)
        assert len(told) == len(run.stderr.splitlines()), run.stderr
        return run.returncode, told


def messages(run):
    """What keystile said."""
    return [line.removeprefix(PREFIX) for line in run.stderr.splitlines() if line.startswith(PREFIX)]


def sent(run):
    """Each credential in each request of a run, as (port, how it was sent, fingerprint)."""
    return [(r["port"], *credential) for r in run.requests for credential in clients.credentials_of(r)]


def ways(client, kind):
    """How a client may send a kind: the SDKs have come to send every credential as a bearer's."""
    if kind == "gateway-token":
        return ["bearer"]
    return ["x-api-key"] if client == "claude" else ["x-api-key", "bearer"]


def assert_carries_only(run, client, kind, expected):
    """The client was answered, and what it sent is that credential, once in a request, and no other secret."""
    assert (run.returncode, run.stdout.strip()) == (0, "pong"), run.stderr
    assert len(clients.messages_of(run.requests)) == 1
    for request in run.requests:
        assert request["port"] == netns.PORT
        assert clients.credentials_of(request) in [[(way, fingerprint(expected))] for way in ways(client, kind)]
        assert json.dumps(request).count(CANARY) == 1, "another secret somewhere in the request"
        assert OAUTH_BETA not in "".join(clients.auth_of(request).get("anthropic-beta", []))


def assert_helper_gave(run, expected):
    """claude sends what a helper prints in both headers."""
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "pong", "")
    assert sent(run) == [(netns.PORT, way, fingerprint(expected)) for way in ("bearer", "x-api-key")]
    assert json.dumps(run.requests).count(CANARY) == 2
