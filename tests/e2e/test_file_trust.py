# SPDX-License-Identifier: MIT
"""file.so: files as they are found: whose they are and who may read them, in a ConfigMap, from a container's runtime,
in the middle of being replaced; and what systemd calls a credential. (design, section 7)
"""

import os
import socket
import subprocess

import pytest
from files import EVERY_FORMAT, FORMATS, stack, told, write
from stage import API_KEY, ORDINARY, OTHER_KEY, SCRIPT, STRANGER, TESTABLE, entry, fingerprint

pytestmark = pytest.mark.both_homes


@pytest.fixture(autouse=True)
def module(stage):
    stage.install("file")


# --- who may read it ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("trust, mode, uid, outcome, word", [
    ("private", 0o600, 0, "ok", ""), ("private", 0o400, 0, "ok", ""),
    ("private", 0o640, 0, "invalid", "is open to its group (mode 0640); chmod 600 "),
    ("private", 0o604, 0, "invalid", "is open to others (mode 0604)"),
    ("private", 0o620, 0, "invalid", "may be written by its group"),
    ("private", 0o602, 0, "invalid", "may be written by others"),
    ("private", 0o444, 0, "invalid", "is open to others (mode 0444)"),
    ("private", 0o600, STRANGER, "invalid", f"is owned by uid {STRANGER}"),
    ("group", 0o640, 0, "ok", ""), ("group", 0o600, 0, "ok", ""),
    ("group", 0o660, 0, "invalid", "may be written by its group (mode 0660); chmod 640 "),
    ("group", 0o644, 0, "invalid", "is open to others"), ("group", 0o640, STRANGER, "invalid", "not by root"),
    ("mounted", 0o444, 0, "ok", ""), ("mounted", 0o644, 0, "ok", ""), ("mounted", 0o600, 0, "ok", ""),
    ("mounted", 0o666, 0, "invalid", "may be written by others (mode 0666); chmod go-w "),
    ("mounted", 0o464, 0, "invalid", "may be written by its group"),
    ("mounted", 0o444, STRANGER, "invalid", f"is owned by uid {STRANGER}"),
])
@EVERY_FORMAT
@pytest.mark.needs_root
def test_trust_of_the_file(stage, name, trust, mode, uid, outcome, word):
    options, text = FORMATS[name]
    path = write(stack(stage, trust=trust, **options), text(API_KEY), mode)
    os.chown(path, uid, uid)
    if outcome == "ok":
        assert stage.json()["secret"] == API_KEY
    else:
        found, reason = told(stage, path)
        assert found == outcome and word in reason


def test_private_is_what_is_asked_where_nothing_is_said(stage):
    path = write(stack(stage), API_KEY, 0o640)
    assert told(stage, path)[0] == "invalid"


@pytest.mark.needs_root
def test_a_group_reads_what_root_lets_it(stage):
    path = write(stack(stage, trust="group"), API_KEY, 0o640)
    os.chown(path, 0, STRANGER)
    assert stage.get(user=STRANGER).out == f"{API_KEY}\n"
    os.chown(path, 0, 0)
    assert told(stage, path, user=STRANGER)[0] == "denied"


def spoil_link(path):
    path.rename(path.with_name("real"))
    path.symlink_to("real")


def spoil_folder(path):
    path.unlink()
    path.mkdir(mode=0o700)


def spoil_fifo(path):
    path.unlink()
    os.mkfifo(path, 0o600)


def spoil_socket(path):
    path.unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
    path.chmod(0o600)


def spoil_part_of_the_path(path):
    path.unlink()
    path.parent.rmdir()
    path.parent.write_bytes(b"")


@pytest.mark.parametrize("spoil, outcome, word", [
    (lambda path: path.unlink(), "not-configured", "does not exist"), (spoil_link, "invalid", "is a symbolic link"),
    (spoil_folder, "invalid", "is not a regular file"), (spoil_fifo, "invalid", "is not a regular file"),
    (spoil_socket, "invalid", "is not a regular file"), (spoil_part_of_the_path, "invalid", "a part is no folder"),
], ids=["absent", "link", "folder", "fifo", "socket", "part"])
@EVERY_FORMAT
def test_what_is_no_file_is_not_read_and_not_waited_for(stage, name, spoil, outcome, word):
    options, text = FORMATS[name]
    path = write(stack(stage, **options), text(API_KEY))
    spoil(path)
    found, reason = told(stage, path, timeout=10)
    assert found == outcome and word in reason


@pytest.mark.ordinary_user
@EVERY_FORMAT
def test_what_may_not_be_read_is_denied(stage, name):
    options, text = FORMATS[name]
    path = write(stack(stage, **options), text(API_KEY), 0)
    outcome, reason = told(stage, path, user=ORDINARY)
    assert outcome == "denied" and reason.startswith("cannot be read by uid ")
    path.chmod(0o600)
    path.parent.chmod(0)
    outcome, _ = told(stage, path, user=ORDINARY)
    path.parent.chmod(0o755)
    assert outcome == "denied"


@EVERY_FORMAT
@pytest.mark.needs_root
def test_root_is_denied_where_a_file_system_grants_it_nothing(stage, name):
    """As one of a network may: root without the rights that pass over a file's mode."""
    options, text = FORMATS[name]
    path = write(stack(stage, **options), text(API_KEY))
    os.chown(path, STRANGER, STRANGER)
    arguments = ["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", "--", TESTABLE, "get"]
    result = stage.run(*arguments, command="setpriv")
    assert result.status == 77 and f"{path} cannot be read by uid 0" in result.messages[0]


@pytest.mark.needs_root
def test_a_file_of_roots_is_denied_to_an_ordinary_user(stage):
    path = write(stack(stage), API_KEY)
    outcome, reason = told(stage, path, user=STRANGER)
    assert outcome == "denied" and f"cannot be read by uid {STRANGER}; let that user read it" in reason


# --- as they are mounted --------------------------------------------------------------------------------------------

def config_map(folder, version, key):
    """What kubelet makes of a ConfigMap or Secret: the data in a folder of its own, and links that lead there."""
    data = folder / f"..{version}"
    data.mkdir(parents=True)
    write(data / "key", key, 0o644)
    (folder / "..data_tmp").symlink_to(data.name)
    (folder / "..data_tmp").rename(folder / "..data")
    if not (folder / "key").is_symlink():
        (folder / "key").symlink_to("..data/key")
    return folder / "key"


@pytest.mark.no_memcheck
def test_a_config_map_is_read_where_it_is_said_to_be_mounted(stage):
    path = config_map(stage.folder / "secret", "2026_11_20", f"{API_KEY}\n")
    stage.write(entry("file", path=path, trust="mounted"))
    assert stage.json()["secret"] == API_KEY
    config_map(stage.folder / "secret", "2026_11_21", OTHER_KEY)
    assert stage.json()["secret"] == OTHER_KEY
    for trust in ("private", "group"):
        stage.write(entry("file", path=path, trust=trust))
        outcome, reason = told(stage, path)
        assert outcome == "invalid" and "is a symbolic link" in reason


@pytest.mark.parametrize("target, outcome, word", [
    ("real", "ok", ""), ("folder/real", "ok", ""), ("folder/link", "ok", ""), ("./folder/../real", "ok", ""),
    ("../key", "invalid", "leads out of its folder"), ("folder/out", "invalid", "leads out of its folder"),
    ("/etc/hostname", "invalid", "leads out of its folder"), ("nowhere", "invalid", "a file that is not there"),
    ("key", "invalid", "too many or special links"), ("folder", "invalid", "is not a regular file"),
    ("loose", "invalid", "may be written by others"), ("fifo", "invalid", "is not a regular file"),
])
@pytest.mark.no_memcheck
def test_a_mounted_link_must_stay_in_its_folder(stage, target, outcome, word):
    place = stage.make("mount")
    (place / "folder").mkdir()
    for path in (stage.folder / "key", place / "real", place / "folder/real"):
        write(path, API_KEY, 0o644)
    write(place / "loose", API_KEY, 0o646)
    os.mkfifo(place / "fifo", 0o644)
    (place / "folder/link").symlink_to("../real")
    (place / "folder/out").symlink_to("../../key")
    (place / "key").symlink_to(target)
    stage.write(entry("file", path=place / "key", trust="mounted"))
    if outcome == "ok":
        assert stage.json()["secret"] == API_KEY
    else:
        found, reason = told(stage, place / "key", timeout=10)
        assert found == outcome and word in reason


MOUNTS = {
    "file": ('mount --bind "$0/real" "$0/home/key"', 0o444, 0, ""),
    "read-only": ('mount --bind "$0/real" "$0/home/key" && mount -o remount,bind,ro "$0/home/key"', 0o666, 0, ""),
    "writable": ('mount --bind "$0/real" "$0/home/key"', 0o666, 65, "may be written by others"),
    "behind-a-link": ('mkdir "$0/home/x" && mount --bind "$0/other" "$0/home/x" && ln -sf x/real "$0/home/key"',
                      0o444, 65, "leads out of its folder"),
}


def get_among_mounts(stage, mount):
    """`get` where a shell command has mounted something, which nobody else sees; $0 is the stage's folder."""
    script = f'{{ mount --make-rprivate / 2>/dev/null; {mount}; }} && exec "$@"'
    return subprocess.run(["unshare", "--mount", "--propagation", "unchanged", "sh", "-c", script, stage.folder,
                           TESTABLE, "get"],
                          env=stage.environment(), capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("name", MOUNTS)
@pytest.mark.needs_root
def test_a_secret_that_a_container_runtime_mounts(stage, name):
    """Each is a mount of its own, over an empty file."""
    mount, mode, status, word = MOUNTS[name]
    write(stack(stage, trust="mounted"), "")
    write(stage.folder / "real", API_KEY, mode)
    write(stage.make("other") / "real", API_KEY, mode)
    done = get_among_mounts(stage, mount)
    assert (done.returncode, done.stdout) == (status, "" if status else f"{API_KEY}\n"), done.stderr
    assert word in done.stderr


@pytest.mark.parametrize("options, status", [(",ro", 0), ("", 65)])
@pytest.mark.needs_root
def test_a_config_map_on_a_mount_of_its_own(stage, options, status):
    """With a mode that lets everybody write: where the mount is read-only nobody can."""
    path = config_map(stage.folder / "source", "2026_11_20", f"{API_KEY}\n")
    (stage.folder / "source" / "..2026_11_20" / "key").chmod(0o666)
    stage.make("mount")
    stage.write(entry("file", path=stage.folder / "mount" / path.name, trust="mounted"))
    mount = f'mount --bind "$0/source" "$0/mount" && mount -o remount,bind{options} "$0/mount"'
    done = get_among_mounts(stage, mount)
    assert (done.returncode, done.stdout) == (status, "" if status else f"{API_KEY}\n"), done.stderr


# --- while it changes -----------------------------------------------------------------------------------------------

def resolved(stage, *actions):
    """What script says of each resolve."""
    lines = stage.run("open", *actions, command=SCRIPT).out.splitlines()
    return [line.removeprefix("resolve: ") for line in lines if line.startswith("resolve: ")]


@EVERY_FORMAT
def test_a_file_that_is_replaced_is_read_anew(stage, name):
    options, text = FORMATS[name]
    path = write(stack(stage, **options), text(API_KEY))
    other = write(stage.home / "new", text(OTHER_KEY))
    actions = ["resolve", f"run=mv {other} {path}", "resolve", f"run=rm {path}", "resolve"]
    first, second, third = resolved(stage, *actions)
    assert [first, second] == [f"ok: {fingerprint(API_KEY)}", f"ok: {fingerprint(OTHER_KEY)}"]
    assert third.startswith("not-configured: ")


def test_a_file_that_comes_later_is_found(stage):
    path = stack(stage)
    other = write(stage.home / "new", API_KEY)
    first, second = resolved(stage, "resolve", f"run=mv {other} {path}", "resolve")
    assert first.startswith("not-configured: ") and second == f"ok: {fingerprint(API_KEY)}"


def test_a_file_that_holds_something_else_than_its_size_says_is_unavailable(stage):
    """As one that grows while it is read; files in /proc say that they are empty."""
    stage.write(entry("file", path="/proc/version", trust="mounted"))
    outcome, reason = told(stage, "/proc/version")
    assert outcome == "unavailable" and "changed while it was read" in reason


# --- systemd's credentials, made by hand ----------------------------------------------------------------------------

@pytest.fixture
def folder_of_credentials(stage):
    path = stage.make("credentials")
    yield path
    path.chmod(0o700)


def serve(stage, folder, mode=0o500, file_mode=0o400, text=API_KEY, **options):
    stage.write(entry("file", credential="anthropic", **options))
    path = write(folder / "anthropic", text, file_mode)
    folder.chmod(mode)
    return path, {"env": {"CREDENTIALS_DIRECTORY": str(folder)}}


@pytest.mark.parametrize("mode, file_mode, word", [
    (0o500, 0o400, None), (0o550, 0o440, None), (0o500, 0o440, None), (0o550, 0o400, None), (0o700, 0o600, None),
    (0o555, 0o400, "lies in a folder open to others (mode 0555)"), (0o501, 0o400, "lies in a folder open to others"),
    (0o504, 0o400, "lies in a folder open to others"), (0o570, 0o400, "lies in a folder open to others"),
    (0o500, 0o444, "is open to others (mode 0444)"), (0o500, 0o404, "is open to others (mode 0404)"),
    (0o500, 0o460, "may be written by its group"), (0o500, 0o402, "may be written by others"),
])
def test_a_credential_is_as_systemd_makes_it_or_invalid(stage, folder_of_credentials, mode, file_mode, word):
    path, options = serve(stage, folder_of_credentials, mode, file_mode)
    if word is None:
        found = stage.json(**options)
        assert (found["secret"], found["source"]) == (API_KEY, str(path))
    else:
        outcome, reason = told(stage, path, **options)
        assert outcome == "invalid" and word in reason


@pytest.mark.parametrize("name, word", [("anthropic", f"is owned by uid {STRANGER}"),
                                        (".", f"lies in a folder owned by uid {STRANGER}")])
@pytest.mark.needs_root
def test_a_credential_of_somebody_else_is_invalid(stage, folder_of_credentials, name, word):
    path, options = serve(stage, folder_of_credentials)
    os.chown(folder_of_credentials / name, STRANGER, STRANGER)
    outcome, reason = told(stage, path, **options)
    assert outcome == "invalid" and word in reason


@pytest.mark.parametrize("spoil, outcome, word", [
    (lambda path: path.unlink(), "not-configured", "does not exist"), (spoil_link, "invalid", "is a symbolic link"),
    (spoil_fifo, "invalid", "is not a regular file"), (spoil_folder, "invalid", "is not a regular file"),
], ids=["absent", "link", "fifo", "folder"])
def test_a_credential_that_is_no_file(stage, folder_of_credentials, spoil, outcome, word):
    path, options = serve(stage, folder_of_credentials, 0o700)
    spoil(path)
    found, reason = told(stage, path, timeout=10, **options)
    assert found == outcome and word in reason


@pytest.mark.parametrize("value, outcome, word", [
    (None, "not-configured", "is not set"), ("", "not-configured", "is not set"),
    ("credentials", "invalid", "does not name an absolute path"),
    ("~/credentials", "invalid", "does not name an absolute path"),
    ("/".ljust(70000, "x"), "invalid", "has a value of more than 60 KiB"),
])
def test_a_folder_of_credentials_that_is_not_named(stage, folder_of_credentials, value, outcome, word):
    serve(stage, folder_of_credentials)
    env = {} if value is None else {"CREDENTIALS_DIRECTORY": value}
    found, reason = told(stage, "CREDENTIALS_DIRECTORY", env=env, cwd=stage.folder)
    assert found == outcome and word in reason
    assert "LoadCredential=" in reason or "60 KiB" in word


@EVERY_FORMAT
def test_a_credential_may_be_of_any_format(stage, folder_of_credentials, name):
    options, text = FORMATS[name]
    _, more = serve(stage, folder_of_credentials, text=text(API_KEY), **options)
    assert stage.json(**more)["secret"] == API_KEY
