# SPDX-License-Identifier: MIT
"""The library as an application uses it: contexts, forks, threads, a changed root; and what is installed for it.

tests/programs/script.c does with the library what its arguments say. (design, sections 3 and 9)
"""

import os
import re
import shutil
import subprocess

import pytest
import vault_steps
from stage import (API_KEY, LIBDIR, OTHER_KEY, PASSED_ON, ROOT, SANITIZERS, SCRIPT, SETUP_TOKEN, debug, entry,
                   fingerprint)
from vault_server import Server

OK = f"resolve: ok: {fingerprint(API_KEY)}"
# A program must be linked with what the library was.
SANITIZER_ARGS = [f"-fsanitize={SANITIZERS}"] if SANITIZERS else []
OTHER_OK = f"resolve: ok: {fingerprint(OTHER_KEY)}"


def script(stage, *actions, **options):
    """The lines the script prints. The library itself prints none, to neither stream."""
    result = stage.run(*actions, command=SCRIPT, **options)
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert all(re.match("(open|resolve|threads|memory|descriptors): ", line) for line in lines), lines
    return lines


# --- contexts -------------------------------------------------------------------------------------------------------

def test_a_context_is_opened_asked_and_closed(stage):
    stage.write(debug())
    assert script(stage, "open", "resolve", "close") == ["open: ok", OK]


def test_the_default_service_is_default(stage):
    stage.write(debug(), service="default")
    stage.write(debug(secret=OTHER_KEY), service="ci")
    assert script(stage, "open", "resolve", "close", "open=ci", "resolve")[1::2] == [OK, OTHER_OK]


def test_a_context_without_configuration_cannot_be_opened(stage):
    (line,) = script(stage, "open")
    assert line.startswith("open: misconfigured: ") and "default" in line


def test_the_error_of_an_open_names_the_first_fault_with_its_place(stage):
    path = stage.write("nonsense", "more nonsense")
    assert script(stage, "open")[0].startswith(f"open: misconfigured: {path}:1:")


def test_the_error_of_a_request_names_place_source_reason_and_remedy(stage):
    path = stage.write(debug(result="denied", source="the drawer", reason="is locked", remedy="ask for the key"))
    line = script(stage, "open", "resolve")[1]
    assert line == f"resolve: denied: {path}:1: debug.so: denied: the drawer is locked; ask for the key"


def test_a_context_keeps_the_configuration_it_opened(stage):
    path = stage.write(debug())
    assert script(stage, "open", f"run=echo nonsense >{path}", "resolve", "close", "open")[1] == OK
    assert stage.get().status == 78


def test_a_module_that_was_exchanged_after_it_was_verified_is_not_run(stage):
    stage.write(debug())
    path, other = stage.modules / "debug.so", stage.modules / "env.so"
    lines = script(stage, "open", f"run=mv {other} {path}", "resolve")
    assert lines[1].startswith("resolve: error: ") and "debug.so" in lines[1]
    lines = script(stage, "open", f"run=rm {path}")
    assert lines[0].startswith("open: misconfigured: ")


def test_a_module_that_lost_its_trust_after_it_was_verified_is_not_run(stage):
    stage.write(debug())
    lines = script(stage, "open", f"run=chmod 777 {stage.modules}/debug.so", "resolve", "resolve")
    assert all(line.startswith("resolve: error: ") for line in lines[1:])


def test_a_request_is_for_the_api_unless_it_says_otherwise(stage):
    stage.write(debug(kind="setup-token", secret=SETUP_TOKEN))
    lines = script(stage, "open", "resolve", "resolve=cli", "resolve=any")
    assert [line.split(":")[1].strip() for line in lines[1:]] == ["not-configured", "ok", "ok"]


def test_after_invalidate_the_entry_is_asked_for_a_fresh_one_once(stage):
    stage.write(debug(fresh=OTHER_KEY))
    lines = script(stage, "open", "resolve", "resolve", "invalidate", "resolve", "resolve")
    assert lines[1:] == [OK, OK, OTHER_OK, OK]


def test_a_fresh_one_is_asked_for_until_it_comes(stage):
    stage.write(debug(fresh=OTHER_KEY, transports="api"))
    ok, refused, *rest = script(stage, "open", "resolve", "invalidate", "resolve=cli", "resolve", "resolve")[1:]
    assert ok == OK and refused.startswith("resolve: not-configured: ") and rest == [OTHER_OK, OK]


def test_invalidate_concerns_the_entry_the_answer_came_from(stage):
    stage.write(debug(result="not-configured"), debug(fresh=OTHER_KEY))
    assert script(stage, "open", "resolve", "invalidate", "resolve", "resolve")[1:] == [OK, OTHER_OK, OK]


def test_an_entrys_time_begins_when_its_turn_comes(stage):
    stage.write(debug(result="expired", delay="1s"), debug(delay="1s", at_timeout="1900ms"))
    assert script(stage, "open", "resolve")[1:] == [OK]


def test_no_descriptor_is_left_open(stage):
    stage.write(entry("env", kind="gateway-token"), debug(result="expired"), debug())
    lines = script(stage, "descriptors", "open", "descriptors", "resolve", "descriptors", "close", "descriptors")
    assert len({line for line in lines if line.startswith("descriptors")}) == 1


# --- threads --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("line", [entry("env"), debug()], ids=["reentrant", "one-at-a-time"])
def test_threads_may_share_a_context(stage, line):
    stage.write(line)
    lines = script(stage, "open", *["threads=16"] * 5, env={"ANTHROPIC_API_KEY": API_KEY})
    assert lines[1:] == ["threads: 16 of 16 ok"] * 5


def test_threads_take_turns_at_an_entry_that_is_not_reentrant(stage):
    stage.write(debug(delay="100ms", at_timeout="250ms"))
    (line,) = script(stage, "open", "threads=8")[1:]
    good = int(line.split()[1])
    assert 1 <= good <= 2


def log_in_or_read(request):
    """What a server answers that has one mount of its own, and one way to log in."""
    if request.method == "POST":
        return vault_steps.answer({"auth": {"client_token": "hvs.CANARY-token", "lease_duration": 3600}})
    return vault_steps.answer({"data": {"api_key": API_KEY}})


@pytest.mark.parametrize("action, count, logins", [("threads", 8, 1), ("contexts", 4, 4)])
def test_threads_that_share_a_context_share_a_login(stage, action, count, logins):
    stage.install("vault")
    password = stage.home / "password"
    password.write_text("CANARY-password")
    password.chmod(0o600)
    with Server(log_in_or_read) as server:
        stage.write(entry("vault", at_isolate="none", at_timeout="30s", addr=server.url, path="kv/claude", mount="kv",
                          kv_version=1, auth="userpass", user="joe", password_file=password))
        assert script(stage, "open", f"{action}={count}")[1:] == [f"threads: {count} of {count} ok"]
        assert sorted(request.method for request in server.requests) == ["GET"] * count + ["POST"] * logins


# --- fork -----------------------------------------------------------------------------------------------------------

def test_a_context_belongs_to_the_process_that_opened_it(stage):
    stage.write(debug())
    lines = script(stage, "open", "resolve", "fork", "resolve", "join", "resolve")
    assert lines[0::3] == ["open: ok", OK] and lines[1] == OK
    assert lines[2].startswith("resolve: error: ") and "parent" in lines[2]


def test_a_child_may_close_what_it_cannot_use_and_open_its_own(stage):
    stage.write(debug())
    lines = script(stage, "open", "resolve", "fork", "close", "open", "resolve", "close", "join", "resolve")
    assert lines == ["open: ok", OK, "open: ok", OK, OK]


def test_a_child_of_a_process_that_had_opened_and_not_asked(stage):
    stage.write(debug())
    lines = script(stage, "open", "fork", "resolve", "close", "open", "resolve", "join", "resolve")
    assert lines[1].startswith("resolve: error: ") and lines[2:] == ["open: ok", OK, OK]


# --- a changed root -------------------------------------------------------------------------------------------------

@pytest.fixture
def cell(stage):
    """An empty root, with nothing but a folder of modules whose code must never run."""
    path = stage.make("cell")
    place = path / stage.modules.relative_to("/")
    shutil.copytree(stage.modules, place)
    return path


@pytest.mark.needs_root
def test_a_context_that_finds_its_root_changed_loads_nothing(stage, cell):
    stage.write(debug())
    line = script(stage, "open", f"chroot={cell}", "resolve")[1]
    assert line.startswith("resolve: error: ") and "KS_OPEN_PRELOAD" in line


@pytest.mark.needs_root
def test_a_context_that_loaded_all_at_once_works_in_another_root(stage, cell):
    stage.write(entry("env", kind="gateway-token"), debug())
    assert script(stage, "preload", f"chroot={cell}", "resolve")[1] == OK


@pytest.mark.needs_root
def test_what_was_loaded_before_goes_on_in_another_root(stage, cell):
    stage.write(debug())
    assert script(stage, "open", "resolve", f"chroot={cell}", "resolve")[1:] == [OK, OK]


def test_preload_finds_at_once_what_open_leaves_for_later(stage):
    path = stage.write(entry("env"), debug(refuse="x"))
    assert script(stage, "open", "resolve", env={"ANTHROPIC_API_KEY": API_KEY})[1] == OK
    (line,) = script(stage, "preload")
    assert line.startswith(f"open: misconfigured: {path}:2:")


# --- what is installed ----------------------------------------------------------------------------------------------

def pkg_config(*args):
    return subprocess.run(["pkg-config", *args, "keystile"], capture_output=True, text=True, timeout=30, check=True,
                          env={**os.environ, "PKG_CONFIG_PATH": str(LIBDIR / "pkgconfig")}).stdout.split()


def compile_with(compiler, folder, text, *args):
    source = folder / ("program.cc" if compiler == "g++" else "program.c")
    source.write_text(text, encoding="utf-8")
    done = subprocess.run([compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", *args, str(source), "-o",
                           str(folder / "program"), *pkg_config("--cflags", "--libs"), *SANITIZER_ARGS],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "program"


# The example at the head of the header, as a whole program. Its configuration is the argument.
PROGRAM = r"""
#include <keystile/keystile.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct ks_open_options options = {sizeof(options), 0, argv[argc - 1], NULL, NULL, NULL, NULL};
	struct ks_error error = KS_ERROR_INIT;
	struct ks_context *context = NULL;
	struct ks_credential *credential = NULL;
	int status = 1;

	if (ks_open("default", &options, &context, &error) != KS_OK ||
		ks_resolve(context, NULL, &credential, NULL, &error) != KS_OK)
		fprintf(stderr, "%s\n", error.message);
	else
		status = printf("%s %s\n", ks_kind_name(ks_credential_kind(credential)),
			ks_credential_fingerprint(credential)) < 0;
	ks_credential_free(credential);
	ks_close(context);
	return status;
}
"""


@pytest.mark.parametrize("compiler, standard", [("cc", "c99"), ("cc", "c11"), ("g++", "c++11")])
def test_a_program_is_built_with_pkg_config_and_runs(stage, compiler, standard):
    program = compile_with(compiler, stage.folder, PROGRAM, f"-std={standard}")
    stage.write(entry("env"))
    env = {"LD_LIBRARY_PATH": str(LIBDIR), "ANTHROPIC_API_KEY": API_KEY, **PASSED_ON}
    result = stage.run(stage.config, command=program, env=env)
    assert (result.status, result.out, result.err) == (0, f"api-key {fingerprint(API_KEY)}\n", "")
    result = stage.run(stage.config, command=program, env={**env, "ANTHROPIC_API_KEY": ""})
    assert result.status == 1 and result.err


def test_the_version_is_one():
    assert pkg_config("--modversion") == ["1.0.0"]
    assert (LIBDIR / "libkeystile.so.1").exists()


def test_the_headers_are_installed():
    names = {path.name for path in (ROOT / "include" / "keystile").iterdir()}
    assert names == {"keystile.h", "provider.h", "types.h"}


def test_manual_pages_are_installed():
    names = {path.name.removesuffix(".gz") for path in (ROOT / "share" / "man").rglob("*.*") if path.is_file()}
    assert {"keystile.1", "keystile.conf.5", "keystile.3"} <= names
