# SPDX-License-Identifier: MIT
"""Credentials that a real systemd hands to a service: as a file system of the service's own, and as files with an
ACL. (design, section 7)
"""

import json
import pathlib

import pytest
import systemd
from stage import API_KEY, CANARY, GATEWAY_TOKEN, OTHER_KEY, TESTABLE, entry

pytestmark = pytest.mark.needs_root

# As root, and as somebody else; with and without the right to mount.
EVERY_SERVICE = pytest.mark.parametrize("user, is_confined", [
    ("root", False), ("root", True), ("daemon", False), ("daemon", True)])
EVERY_HOME = pytest.mark.parametrize("home", ["none", "process"])


@pytest.fixture
def place(stage):
    stage.install("file")
    stage.out = stage.make("out")
    stage.out.chmod(0o777)
    return stage


def source(place, text):
    path = place.folder / "source"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def serve(place, commands, user, is_confined, credential):
    """Runs shell commands as a service with the credential (or none). Returns what they wrote, by name."""
    script = place.program("service", *commands)
    lines = [f"User={user}", f"WorkingDirectory={place.out}", f"ExecStart={script}",
             *(f'Environment="{name}={value}"' for name, value in place.environment().items())]
    if credential:
        lines.append(f"LoadCredential=anthropic:{source(place, credential)}")
    assert systemd.run_service(place.folder, lines, is_confined) == 0
    return {path.name: path.read_text(encoding="utf-8") for path in pathlib.Path(place.out).iterdir()}


LOOK = ['stat -c "%a %u" "$CREDENTIALS_DIRECTORY" "$CREDENTIALS_DIRECTORY/anthropic" >mode',
        'getfacl -n -p "$CREDENTIALS_DIRECTORY/anthropic" >acl 2>&1']
GET = [f"{TESTABLE} get >got 2>told", "echo $? >status", f"{TESTABLE} explain --json >explained 2>&1 || true"]


@EVERY_SERVICE
@EVERY_HOME
def test_a_service_gets_its_credential(place, user, is_confined, home):
    place.write(entry("file", credential="anthropic", at_isolate=home))
    found = serve(place, [*LOOK, *GET], user, is_confined, f"{API_KEY}\n")
    assert (found["status"], found["got"], found["told"]) == ("0\n", f"{API_KEY}\n", "")
    winner = json.loads(found["explained"])["winner"]
    assert winner["source"] == f"/run/credentials/{systemd.UNIT}/anthropic"
    assert CANARY not in found["explained"]


def test_the_credential_is_what_these_tests_are_about(place):
    """That the one above sees both of systemd's ways: an owner of its own, and the mask of an ACL."""
    found = serve(place, LOOK, "daemon", False, API_KEY)
    assert found["mode"] == "500 1\n400 1\n" and "mask" not in found["acl"]
    found = serve(place, LOOK, "daemon", True, API_KEY)
    assert found["mode"] == "550 0\n440 0\n"
    assert "user:1:r--" in found["acl"] and "mask::r--" in found["acl"]


@pytest.mark.parametrize("text, options, secret", [
    (f"ANTHROPIC_API_KEY={API_KEY}\nOTHER=1\n", {"format": "dotenv"}, API_KEY),
    (json.dumps({"keys": {"claude": OTHER_KEY}}), {"format": "json", "field": "/keys/claude"}, OTHER_KEY),
    (GATEWAY_TOKEN, {"kind": "gateway-token", "base_url": "https://gateway.example"}, GATEWAY_TOKEN),
])
def test_a_credential_may_be_of_any_format_and_kind(place, text, options, secret):
    place.write(entry("file", credential="anthropic", **options))
    found = serve(place, [f"{TESTABLE} get -f json >got 2>told"], "daemon", True, text)
    assert json.loads(found["got"])["secret"] == secret and found["told"] == ""


@EVERY_HOME
def test_a_service_without_a_credential_is_told_what_is_missing(place, home):
    place.write(entry("file", credential="anthropic", at_isolate=home))
    found = serve(place, GET, "daemon", False, None)
    assert (found["status"], found["got"]) == ("1\n", "")
    assert "CREDENTIALS_DIRECTORY is not set" in found["told"] and "LoadCredential=" in found["told"]


@EVERY_HOME
def test_a_service_with_another_credential_is_told_which_one_is_missing(place, home):
    place.write(entry("file", credential="other", at_isolate=home))
    found = serve(place, GET, "daemon", True, API_KEY)
    assert (found["status"], found["got"]) == ("1\n", "")
    assert f"/run/credentials/{systemd.UNIT}/other does not exist" in found["told"]


@EVERY_HOME
def test_a_credential_is_read_by_no_other_rule(place, home):
    """path= to the same file: its group bits are a mask, but only systemd's own rule knows that."""
    place.write(entry("file", path=f"/run/credentials/{systemd.UNIT}/anthropic", at_isolate=home))
    found = serve(place, GET, "daemon", True, API_KEY)
    assert found["status"] == "65\n" and "is open to its group (mode 0440)" in found["told"]
