# SPDX-License-Identifier: MIT
"""Who may be what: processes with privileges, configuration and modules of others, an ordinary user (design,
section 3).

Tests that need the rights of root make copies of the command with special modes; they run it as a user who has none.
"""

import os
import shutil
import struct
import subprocess

import pytest
from stage import (API_KEY, INSTALLED, OTHER_KEY, SCRIPT, STRANGER, TESTABLE, debug, entry)

DENIED = 77
ANOTHER = 12345  # neither root, nor who runs the tests, nor STRANGER

CAP_NET_RAW = 1 << 13
EFFECTIVE = 1
REVISION_2 = 0x02000000


@pytest.fixture(autouse=True)
def stack(stage):
    stage.write(debug())


def copy_of(stage, program, mode, uid=0, gid=0):
    path = stage.bin / program.name
    shutil.copy(program, path)
    os.chown(path, uid, gid)
    path.chmod(mode)
    return path


def give_capability(path, permitted, effective):
    """What setcap(8) writes."""
    os.setxattr(path, "security.capability",
                struct.pack("<IIIII", REVISION_2 | (EFFECTIVE if effective else 0), permitted, 0, 0, 0))


# --- processes that gained privileges -------------------------------------------------------------------------------

COMMANDS = [["get"], ["get", "-f", "helper"], ["exec", "touch", "started"], ["explain"], ["check"]]


@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("mode, uid, gid", [(0o4755, 0, 0), (0o4755, ANOTHER, 0), (0o2755, 0, 0),
                                            (0o2755, 0, ANOTHER), (0o6755, ANOTHER, ANOTHER)])
@pytest.mark.needs_root
def test_a_set_user_id_or_set_group_id_copy_is_denied(stage, mode, uid, gid, args):
    stage.work.chmod(0o777)
    result = stage.run(*args, command=copy_of(stage, TESTABLE, mode, uid, gid), user=STRANGER)
    assert (result.status, result.out) == (DENIED, "")
    assert "id" in result.message and not (stage.work / "started").exists()


@pytest.mark.needs_root
def test_a_set_user_id_copy_of_the_installed_command_is_denied(stage):
    result = stage.get(command=copy_of(stage, INSTALLED, 0o4755), user=STRANGER, env={"ANTHROPIC_API_KEY": API_KEY})
    assert result.status == DENIED


@pytest.mark.needs_root
@pytest.mark.no_memcheck
def test_a_process_whose_ids_differ_before_it_starts_is_denied(stage):
    for prepare in (lambda: os.setresuid(STRANGER, 0, 0), lambda: os.setresgid(STRANGER, 0, 0)):
        result = stage.get(preexec_fn=prepare)
        assert result.status == DENIED and result.message


@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
@pytest.mark.needs_root
def test_a_file_capability_is_denied(stage, args):
    path = copy_of(stage, TESTABLE, 0o755)
    give_capability(path, CAP_NET_RAW, effective=True)
    result = stage.run(*args, command=path, user=STRANGER)
    assert (result.status, result.out) == (DENIED, "") and "capabilit" in result.message


@pytest.mark.needs_root
def test_a_file_capability_that_is_only_permitted_is_denied(stage):
    path = copy_of(stage, TESTABLE, 0o755)
    give_capability(path, CAP_NET_RAW, effective=False)
    assert stage.get(command=path, user=STRANGER).status == DENIED


@pytest.mark.needs_root
def test_root_gains_nothing_by_a_set_user_id_copy_of_its_own(stage):
    assert stage.get(command=copy_of(stage, TESTABLE, 0o4755)).status == 0


@pytest.mark.needs_root
def test_a_capability_that_was_handed_down_is_not_gained(stage):
    stage.write(entry("env"))
    args = ["--reuid", str(STRANGER), "--regid", str(STRANGER), "--clear-groups", "--inh-caps", "+net_raw",
            "--ambient-caps", "+net_raw", "--", TESTABLE, "get"]
    result = stage.run(*args, command="setpriv", reveals=True, env={"ANTHROPIC_API_KEY": API_KEY})
    assert (result.status, result.out) == (0, f"{API_KEY}\n")


# --- AT_SECURE alone ------------------------------------------------------------------------------------------------

@pytest.fixture
def marked(stage):
    """A copy that the kernel marks as privileged without giving it anything, as a security module may do."""
    path = copy_of(stage, TESTABLE, 0o755)
    give_capability(path, 0, effective=True)
    return path


@pytest.mark.needs_root
def test_a_marked_process_runs(stage, marked):
    assert stage.get(command=marked, user=STRANGER).out == f"{API_KEY}\n"


@pytest.mark.needs_root
def test_the_environment_of_a_marked_process_is_not_read_with_that_reason(stage, marked):
    stage.write(entry("env"))
    key = stage.folder / "key"
    key.write_text(API_KEY, encoding="utf-8")
    os.chown(key, STRANGER, STRANGER)
    key.chmod(0o600)
    for env in ({"ANTHROPIC_API_KEY": API_KEY}, {"ANTHROPIC_API_KEY_FILE": str(key)}):
        assert stage.get(user=STRANGER, env=env).status == 0
        result = stage.get(command=marked, user=STRANGER, env=env)
        assert (result.status, result.out) == (1, "")
        assert "environment is not read" in result.messages[0] and "AT_SECURE" in result.messages[0]


@pytest.mark.needs_root
def test_the_base_url_of_a_marked_processs_environment_is_not_read(stage, marked):
    stage.write(debug(base_url="https://gateway.example"))
    env = {"ANTHROPIC_BASE_URL": "https://gateway.example"}
    assert stage.get("-f", "helper", user=STRANGER, env=env).status == 0
    assert stage.get("-f", "helper", command=marked, user=STRANGER, env=env).status == DENIED


@pytest.mark.needs_root
def test_a_program_that_dropped_what_its_file_gave_runs_and_its_environment_is_not_read(stage):
    stage.write(entry("env"), service="env")
    path = copy_of(stage, SCRIPT, 0o6755, ANOTHER, ANOTHER)
    options = {"command": path, "user": STRANGER, "env": {"ANTHROPIC_API_KEY": API_KEY}}
    assert stage.run("open", **options).out.startswith("open: denied: ")
    opened, resolved, *_ = stage.run("drop", "open", "resolve", "open=env", "resolve", **options).out.splitlines()
    assert opened == "open: ok" and resolved.startswith("resolve: ok")
    last = stage.run("drop", "open=env", "resolve", **options).out.splitlines()[-1]
    assert last.startswith("resolve: not-configured")


# --- an ordinary user -----------------------------------------------------------------------------------------------

def mine(*paths):
    """Gives files to the user the command will run as: who runs the tests, or where that is root, a stranger."""
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, STRANGER, STRANGER, follow_symlinks=False)


def run_as_user(stage, *args, **options):
    return stage.run(*args, reveals=True, user=STRANGER if os.geteuid() == 0 else None, **options)


@pytest.mark.ordinary_user
def test_a_user_may_have_configuration_of_its_own(stage):
    mine(stage.folder, stage.config, stage.config / "default.conf")
    for args in (["get"], ["exec", "printenv", "ANTHROPIC_API_KEY"]):
        assert run_as_user(stage, *args).out == f"{API_KEY}\n"


@pytest.mark.ordinary_user
def test_a_user_may_have_modules_of_its_own(stage):
    mine(stage.folder, stage.modules, stage.modules / "debug.so")
    assert run_as_user(stage, "get").status == 0


@pytest.mark.ordinary_user
@pytest.mark.parametrize("spoil", [
    lambda stage: (stage.config / "default.conf").chmod(0o664),
    lambda stage: (stage.config / "default.conf").chmod(0o646),
    lambda stage: stage.config.chmod(0o775),
    lambda stage: stage.config.chmod(0o777),
    lambda stage: stage.folder.chmod(0o757),
    lambda stage: (stage.modules / "debug.so").chmod(0o775),
    lambda stage: stage.modules.chmod(0o777),
], ids=["file-group", "file-others", "folder-group", "folder-others", "folder-above", "module", "modules"])
def test_what_others_may_write_is_not_trusted(stage, spoil):
    stage.write(debug(), place=stage.vendor)
    spoil(stage)
    result = run_as_user(stage, "get")
    assert (result.status, result.out) == (78, "") and str(stage.folder) in result.messages[0]


@pytest.mark.ordinary_user
@pytest.mark.parametrize("name", ["default.conf", "."])
def test_configuration_that_may_not_be_read_is_an_error_and_never_the_vendors_turn(stage, name):
    stage.write(debug(secret=OTHER_KEY), place=stage.vendor)
    (stage.config / name).chmod(0)
    result = run_as_user(stage, "get")
    (stage.config / name).chmod(0o755)
    assert (result.status, result.out) == (78, "") and result.messages


@pytest.mark.ordinary_user
@pytest.mark.parametrize("mode, status", [(0o600, 0), (0o400, 0), (0o640, 65), (0o644, 65), (0o000, 77)])
def test_a_file_with_a_secret_must_be_private_and_readable(stage, mode, status):
    stage.write(entry("env"))
    key = stage.home / "key"
    key.write_text(API_KEY, encoding="utf-8")
    mine(key)
    key.chmod(mode)
    result = run_as_user(stage, "get", env={"ANTHROPIC_API_KEY_FILE": str(key)})
    assert result.status == status
    assert status == 0 or str(key) in result.messages[0]


@pytest.mark.ordinary_user
def test_home_comes_from_the_password_database_where_it_is_unset(stage):
    result = run_as_user(stage, "explain", "--json", "-t", "cli", without=["HOME"])
    assert result.status == 0
    assert "HOME" not in [shadow["file"] for shadow in result.json["shadows"]]


@pytest.mark.needs_root
def test_a_home_that_nobody_knows_is_told(stage):
    result = stage.run("explain", "--json", "-t", "cli", without=["HOME"], user=ANOTHER)
    assert result.status == 0
    assert "HOME" in [shadow["file"] for shadow in result.json["shadows"]]


@pytest.mark.parametrize("path", ["etc/default.conf", "etc", "modules/debug.so", "modules", "."])
@pytest.mark.needs_root
def test_what_another_user_owns_is_not_trusted(stage, path):
    os.chown(stage.folder / path, ANOTHER, ANOTHER)
    result = stage.get()
    assert result.status == 78 and str(ANOTHER) in result.messages[0]
    assert stage.get(user=STRANGER).status == 78


@pytest.mark.needs_root
def test_what_the_effective_user_owns_is_trusted_by_nobody_else(stage):
    os.chown(stage.config / "default.conf", STRANGER, STRANGER)
    assert stage.get(user=STRANGER).status == 0
    assert stage.get().status == 78


@pytest.mark.needs_root
def test_a_sticky_folder_of_root_is_accepted_and_of_another_not(stage):
    stage.folder.chmod(0o1777)
    assert stage.get().status == 0
    os.chown(stage.folder, STRANGER, STRANGER)
    assert stage.get().status == 78
    assert stage.get(user=STRANGER).status == 78


@pytest.mark.needs_root
def test_a_link_counts_by_its_owner_and_by_where_it_leads(stage):
    path = stage.config / "default.conf"
    real = stage.make("real")
    path.rename(real / "some.conf")
    path.symlink_to(real / "some.conf")
    assert stage.get().status == 0
    os.chown(path, ANOTHER, ANOTHER, follow_symlinks=False)
    assert stage.get().status == 78
    os.chown(path, 0, 0, follow_symlinks=False)
    real.chmod(0o777)
    assert stage.get().status == 78


@pytest.mark.needs_root
def test_a_folder_on_a_read_only_mount_counts_as_unwritable(stage):
    stage.config.chmod(0o777)
    (stage.config / "default.conf").chmod(0o666)
    assert stage.get().status == 78
    # In a chroot / is no mount point and cannot be made private; who made the chroot has seen to that.
    script = """mount --make-rprivate / 2>/dev/null
        mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@" """
    done = subprocess.run(["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", script, stage.config,
                           TESTABLE, "get"],
                          env=stage.environment(), capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (0, f"{API_KEY}\n")
