# SPDX-License-Identifier: MIT
"""Two minor versions: this one, and the next as tests/abi/next_minor.py makes it, in every pairing.

A library, an application and a module of either are put together. What both sides of a boundary know, the one says and
the other sees; what one of them does not know is absent, and harms neither. (design, section 5)
"""

import collections
import shutil

import pytest
from logins import store
from stage import (API_KEY, BUILD, GATEWAY, GATEWAY_TOKEN, MODULES, OTHER_KEY, SETUP_TOKEN, entry, fingerprint,
                   secret)

ABI = BUILD / "tests" / "abi"
MINORS = ["this", "next"]
PROBE_KEY = secret("sk-ant-api03-", "probe")
NEW = "4711"  # KS_NEXT_MINOR
ABSENT = "0"

every_library = pytest.mark.parametrize("library", MINORS)
every_application = pytest.mark.parametrize("application", MINORS)
every_module = pytest.mark.parametrize("module", MINORS)


def place_library(stage, minor):
    """Makes it the one that programs run with. Returns its folder."""
    folder = stage.make("lib")
    shutil.copy(ABI / f"libkeystile-{minor}.so", folder / "libkeystile.so.1")
    return folder


def place_module(stage, name, minor):
    """Puts a module into the folder of modules, under its own name."""
    build = MODULES[name] if minor == "this" and name in MODULES else ABI / f"{name}-{minor}.so"
    shutil.copy(build, stage.modules / f"{name}.so")


def ask(stage, application, library, **env):
    """What the application says with that library: its exit status, and the values of each key."""
    result = stage.run(command=ABI / f"application-{application}",
                       env={"LD_LIBRARY_PATH": str(place_library(stage, library)), **env})
    assert result.err == ""
    said = collections.defaultdict(list)
    for line in result.out.splitlines():
        key, value = line.split(": ", 1)
        said[key].append(value)
    return result.status, said


def seen(*minors):
    """The value of a new member, where its writer and its reader must know it."""
    return [NEW if set(minors) == {"next"} else ABSENT]


@every_module
@every_library
@every_application
def test_every_pairing_works_and_each_side_sees_what_both_know(stage, application, library, module):
    place_module(stage, "probe", module)
    stage.write("any sufficient probe.so word=x")
    status, said = ask(stage, application, library)
    assert (status, said["kind"], said["source"]) == (0, ["api-key"], ["probe"])
    assert said["fingerprint"] == [fingerprint(PROBE_KEY)]
    # from the library to the module
    assert said["host-minor"] == [{"this": "0", "next": "1"}[library]]
    assert said["host-function"] == said["request-member"] == seen(library, module)
    # from the module to the library, which says so in its log
    (both,) = seen(library, module)
    assert said["log"] == ([f"probe.so: delivery {both} descriptor {both}"] if library == "next" else [])
    # from the library to the application
    assert said["step"] == ["probe.so: ok"]
    assert said["step-member"] == seen(library, application)


@every_library
@every_application
def test_faults_and_errors_reach_an_application_of_either_minor(stage, application, library):
    stage.write("nonsense", "any sufficient env.so nonsense=x")
    status, said = ask(stage, application, library)
    assert status == 78
    assert len(said["fault"]) == 2
    assert said["fault-member"] == seen(library, application) * 2
    assert said["error"][0].endswith(" (and 1 more)")


@every_library
@every_application
def test_failures_reach_an_application_of_either_minor(stage, application, library):
    path = stage.write("any sufficient env.so")
    status, said = ask(stage, application, library, ANTHROPIC_API_KEY="sk-ant-admin01-CANARY")
    assert status == 65
    assert said["error"][0].startswith(f"{path}:1: env.so: invalid: ANTHROPIC_API_KEY ")
    assert said["step-member"] == seen(library, application)


def prepare_env(stage):
    stage.write(entry("env", kind="gateway-token"))
    return GATEWAY_TOKEN, {"ANTHROPIC_AUTH_TOKEN": GATEWAY_TOKEN, "ANTHROPIC_BASE_URL": GATEWAY}


def prepare_file(stage):
    path = stage.home / "keys"
    path.write_text(f'A="{OTHER_KEY}"\nB="{API_KEY}"\n', encoding="utf-8")
    path.chmod(0o600)
    stage.write(entry("file", path="~/keys", format="dotenv", field="B"))
    return API_KEY, {}


def prepare_setup_token(stage):
    stage.write(entry("setup-token"))
    return SETUP_TOKEN, {"CLAUDE_CODE_OAUTH_TOKEN": SETUP_TOKEN}


def prepare_credentials_file(stage):
    store(stage.home / ".claude")
    stage.write(entry("credentials-file"))
    return None, {}


@pytest.mark.parametrize("name, prepare, kind", [
    ("env", prepare_env, "gateway-token"),
    ("file", prepare_file, "api-key"),
    ("setup-token", prepare_setup_token, "setup-token"),
    ("credentials-file", prepare_credentials_file, "stored-login"),
])
@every_module
@every_library
def test_each_provider_works_in_a_host_of_either_minor(stage, library, module, name, prepare, kind):
    place_module(stage, name, module)
    delivered, env = prepare(stage)
    status, said = ask(stage, "this", library, **env)
    assert (status, said["kind"]) == (0, [kind])
    assert said["fingerprint"] == [fingerprint(delivered) if delivered else ""]
    # the next library tells which build it was
    assert said["log"] == ([] if library == "this" else [
        f"{name}.so: delivery {ABSENT} descriptor {NEW if module == 'next' else ABSENT}"])


def test_an_option_type_of_a_later_minor_cannot_be_done_without(stage):
    place_module(stage, "probe", "new-type")
    stage.write("any sufficient probe.so word=x")
    status, said = ask(stage, "this", "this")
    assert status == 78
    assert "has a type this version does not know (NEXT_MINOR)" in said["error"][0]


def test_an_option_type_of_a_later_minor_is_taken_where_it_is_known(stage):
    place_module(stage, "probe", "new-type")
    stage.write("any sufficient probe.so word=x")
    assert ask(stage, "this", "next")[0] == 0


@every_library
def test_another_major_is_refused(stage, library):
    place_module(stage, "probe", "major")
    stage.write("any sufficient probe.so")
    status, said = ask(stage, "this", library)
    assert status == 78
    assert "has version 2 of the provider interface, and this keystile has version 1" in said["error"][0]


@every_library
def test_a_flag_that_must_be_understood_is_refused_where_it_is_not(stage, library):
    place_module(stage, "probe", "needed-flag")
    stage.write("any sufficient probe.so")
    status, said = ask(stage, "this", library)
    assert status == 78
    assert "has flags this version does not understand (0x8000)" in said["error"][0]


@every_library
def test_a_flag_that_may_be_ignored_is(stage, library):
    place_module(stage, "probe", "other-flag")
    stage.write("any sufficient probe.so")
    assert ask(stage, "this", library)[0] == 0
