"""What differs for an ordinary user: root may read everything, an ordinary user what the mode allows.

tools/test.sh runs these twice, as root and as somebody else.
"""

import os

import golden
import pytest

ROOT = os.geteuid() == 0
UID = os.geteuid()
STRANGER = 2
REACH = "cannot be reached: Permission denied; mend the path or its permissions"
OPEN = f"cannot be opened: Permission denied; let uid {UID} open it"


@pytest.mark.ordinary_user
def test_own_files_are_trusted(world):
    (world.config / "default.conf").write_text(golden.STACK)
    golden.assert_faults(golden.run(world, "check"), [])


@pytest.mark.ordinary_user
@pytest.mark.parametrize("path, command, fault", (
    ("etc/default.conf", ("check", "default"), f"@DIR@/default.conf {OPEN}"),
    ("etc/default.conf", ("check", "etc/default.conf"), f"@DIR@/default.conf {OPEN}"),
    ("etc", ("check", "default"), f"@DIR@/default.conf {REACH}"),
    ("etc", ("check",), "@DIR@ cannot be read: Permission denied; mend the path or its permissions"),
    ("modules/env.so", ("check", "default"), f"@DIR@/default.conf:1:18: @MODULES@/env.so {OPEN}"),
    ("modules", ("check", "default"), f"@DIR@/default.conf:1:18: @MODULES@/env.so {OPEN}"),
), ids=("file", "operand", "folder", "every-service", "module", "modules"))
def test_unreadable(path, command, fault, world):
    """Never the vendor's turn, never another module's."""
    (world.config / "default.conf").write_text(golden.STACK)
    (world.vendor / "default.conf").write_text("any  sufficient  debug.so\n")
    (world.root / path).chmod(0)
    golden.assert_faults(golden.run(world, *command, cwd=world.root), [] if ROOT else [fault])


@pytest.mark.ordinary_user
def test_unreadable_is_not_used(world):
    (world.config / "default.conf").write_text("any  sufficient  debug.so\n")
    (world.vendor / "default.conf").write_text("any  sufficient  debug.so\n")
    (world.config / "default.conf").chmod(0)
    result = golden.run(world, "get")
    if ROOT:
        assert (result.status, result.err) == (0, "")
    else:
        golden.assert_faults(result, [f"@DIR@/default.conf {OPEN}"])


@pytest.mark.ordinary_user
@pytest.mark.parametrize("folder", ("vendor", "config"))
def test_sticky_folder(folder, world):
    """A sticky folder is as good as its owner: root's is accepted, another's is not, not even one's own."""
    path = getattr(world, folder)
    (path / "default.conf").write_text(golden.STACK)
    path.chmod(0o1777)
    name = {"vendor": "@VENDOR@", "config": "@DIR@"}[folder]
    golden.assert_faults(golden.run(world, "check", "default"), [] if ROOT else [
        f"{name}/default.conf: {name} is writable by group and others (mode 1777); chmod go-w {name}"])


# Only root can make these files, so only root runs these.
@pytest.mark.parametrize("owner, mode, faults", (
    (0, 0o644, []),
    (1, 0o600, []),
    (STRANGER, 0o644, ["@DIR@/default.conf is owned by uid 2, not by root or the effective user (uid 1);"
                       " chown root @DIR@/default.conf"]),
    (0, 0o600, ["@DIR@/default.conf cannot be opened: Permission denied; let uid 1 open it"]),
), ids=("of-root", "its-own", "of-a-stranger", "unreadable"))
@pytest.mark.needs_root
def test_whom_an_ordinary_user_trusts(owner, mode, faults, world):
    (world.config / "default.conf").write_text(golden.STACK)
    (world.config / "default.conf").chmod(mode)
    os.chown(world.config / "default.conf", owner, -1)
    golden.assert_faults(golden.run(world, "check", "default", user=1), faults)
