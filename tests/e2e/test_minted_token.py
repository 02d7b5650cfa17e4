# SPDX-License-Identifier: MIT
"""What the real `claude setup-token` shows on a terminal, copied into a file as it stands there. (design, section 7)

The sign-in is a stand-in's, which gives a made-up token to whoever asks.
"""

import clients
import pytest
from messages_server import MINTED_TOKEN
from places import Place
from stage import API_KEY, entry, fingerprint

STACK = [entry("setup-token", "cli", path="~/token")]


@pytest.fixture
def place(folder, authority):
    return Place(folder, STACK, {}, authority)


def screen(place, columns):
    """What the terminal shows when the token is made."""
    (place.home / ".claude.json").write_text('{"hasCompletedOnboarding": true, "theme": "dark"}', encoding="utf-8")
    command = [clients.python(), clients.PROGRAMS / "setup_token.py", clients.claude(), str(columns)]
    run = place.run(command, {"TERM": "xterm-256color"}, hosts=place.authority.sign_in_hosts, reveals=True)
    assert "Your OAuth token (valid for 1 year)" in run.stdout, run.stdout + run.stderr
    return run.stdout


@pytest.mark.parametrize("columns", [60, 80, 132])
def test_claude_gets_the_token_that_it_has_shown(place, columns):
    text = screen(place, columns)
    assert (MINTED_TOKEN in text) == (columns > len(MINTED_TOKEN)), "the terminal breaks what does not fit"
    path = place.home / "token"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    run, started = place.claude(variables={"ANTHROPIC_API_KEY": API_KEY})
    assert started and (run.returncode, run.stdout.strip()) == (0, "pong"), run.stderr
    sent = {credential for request in run.requests for credential in clients.credentials_of(request)}
    assert sent == {("bearer", fingerprint(MINTED_TOKEN))}
