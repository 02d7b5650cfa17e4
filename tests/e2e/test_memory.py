# SPDX-License-Identifier: MIT
"""What a core image of an application holds that links the library: no secret once the credential is freed and the
context closed, and of a stored login none ever; the same of the command at its end. In either home of the modules.
(design, sections 6, 7 and 9)

gdb takes the images. They hold also what the kernel would leave out of a core dump, so that memory is seen to be
wiped and not only to be left out.
"""

import contextlib
import json
import struct
import subprocess

import pytest
from logins import ACCESS_TOKEN, REFRESH_TOKEN, store
from stage import (API_KEY, CANARY, GATEWAY_TOKEN, SCRIPT, SETUP_TOKEN, TESTABLE, entry, fingerprint,
                   in_own_processes)

# To look into another process; and AddressSanitizer maps terabytes, which would all be in the image.
pytestmark = [pytest.mark.needs_root, pytest.mark.no_sanitizer]

TIMEOUT = 60
PT_LOAD = 1
EVERYTHING = ["set use-coredump-filter off", "set dump-excluded-mappings on"]


def words_swapped(data):
    """As a hash function keeps its input, in words of the other byte order."""
    data = data[:len(data) // 4 * 4]
    return b"".join(data[at:at + 4][::-1] for at in range(0, len(data), 4))


# A hash function's words begin at multiples of four bytes of the secret.
TRACES = [CANARY.encode()] + [words_swapped(text.encode()[at:at + 8])
                              for text in (API_KEY, SETUP_TOKEN, GATEWAY_TOKEN, ACCESS_TOKEN)
                              for at in (12, 16, 20)]


@contextlib.contextmanager
def waiting(stage, *actions, env):
    """The test's application, where it has done these actions."""
    with stage.popen(*actions, "wait", command=SCRIPT, env=env) as process:
        told = []
        while not told or told[-1] != "waiting":
            line = process.stdout.readline().decode()
            assert line, f"it ended: {told}"
            told.append(line.rstrip("\n"))
        yield process, told[:-1]
        process.communicate(b"\n", TIMEOUT)
    assert process.returncode == 0


def gdb(stage, commands, *target, **options):
    """Takes an image of the target. Returns what gdb and the program said, and the image as image_from() does."""
    path, stat = stage.folder / "image", stage.folder / "stat"
    copy = f"python open('{stat}', 'w').write(open(f'/proc/{{gdb.selected_inferior().pid}}/stat').read())"
    words = [word for command in (*commands, f"gcore {path}", copy) for word in ("-ex", command)]
    done = subprocess.run(["gdb", "-nx", "-batch", *words, *target], stdin=subprocess.DEVNULL, capture_output=True,
                          check=True, timeout=TIMEOUT, **options)
    data = bytearray(path.read_bytes())
    path.unlink()
    return done.stdout.decode(), image_from(data, stat.read_text(encoding="utf-8"))


def image_of(stage, process, commands=()):
    return gdb(stage, commands, "-p", str(process.pid))[1]


def image_at_the_end(stage, *args, env):
    """Of the command when it is about to exit; and what it said before that."""
    return gdb(stage, [*EVERYTHING, "set startup-with-shell off", "catch syscall exit_group", "run"],
               "--args", TESTABLE, *args, env=stage.environment(**env), cwd=stage.work)


def image_from(data, stat):
    """A core image as [(address, bytes)], without the process's own environment block."""
    start, end = map(int, stat.rpartition(")")[2].split()[47:49])  # env_start and env_end
    segments = []
    for address, segment in segments_of(data):
        for at in range(max(start, address), min(end, address + len(segment))):
            segment[at - address] = 0
        segments.append((address, bytes(segment)))
    assert segments, "the image is empty"
    return segments


def segments_of(data):
    """The loaded segments of an ELF64 core file of this machine's byte order."""
    (table,) = struct.unpack_from("=Q", data, 32)
    size, count = struct.unpack_from("=HH", data, 54)
    for index in range(count):
        kind, _, offset, address, _, length = struct.unpack_from("=IIQQQQ", data, table + index * size)
        if kind == PT_LOAD:
            yield address, data[offset:offset + length]


def traces_in(segments):
    """What is left of a secret, as (address, what follows there)."""
    return [(hex(address + segment.find(trace)), segment[segment.find(trace):][:16])
            for address, segment in segments for trace in TRACES if trace in segment]


# What makes a source: the entry, the environment, and files below the home.
def plain(text, path="secret"):
    return {path: text}


SOURCES = {
    "variable": (entry("env"), {"ANTHROPIC_API_KEY": API_KEY}, {}),
    "variable-of-a-gateway": (entry("env", kind="gateway-token", base_url="https://gateway.example"),
                              {"ANTHROPIC_AUTH_TOKEN": GATEWAY_TOKEN}, {}),
    "file-of-a-variable": (entry("env"), {"ANTHROPIC_API_KEY_FILE": "{home}/secret"}, plain(f"{API_KEY}\n")),
    "plain": (entry("file", path="~/secret"), {}, plain(f"{API_KEY}\n")),
    "dotenv": (entry("file", path="~/secret", format="dotenv"), {},
               plain(f'OTHER={SETUP_TOKEN}\nANTHROPIC_API_KEY="{API_KEY}"\n')),
    "json": (entry("file", path="~/secret", format="json", field="/a/key"), {},
             plain(json.dumps({"a": {"key": API_KEY, "other": SETUP_TOKEN}}).replace("CANARY", "\\u0043ANARY"))),
    "setup-token": (entry("setup-token"), {"CLAUDE_CODE_OAUTH_TOKEN": SETUP_TOKEN}, {}),
    "wrapped-setup-token": (entry("setup-token"),
                            {"CLAUDE_CODE_OAUTH_TOKEN": f"{SETUP_TOKEN[:80]}\n{SETUP_TOKEN[80:]}"}, {}),
    "setup-token-in-a-file": (entry("setup-token", path="~/secret"), {},
                              plain(f"# created 2026-11-01\n{SETUP_TOKEN[:80]}\n{SETUP_TOKEN[80:]}\n")),
    # refused ones are read all the same
    "two-lines": (entry("file", path="~/secret"), {}, plain(f"{API_KEY}\n{API_KEY}\n")),
    "not-json": (entry("file", path="~/secret", format="json", field="key"), {}, plain(f'{{"key": "{API_KEY}"')),
}
REFUSED = {"two-lines", "not-json"}
EVERY_SOURCE = pytest.mark.parametrize("name", SOURCES)


@pytest.fixture(params=["none", "process"])
def settled(request):
    """Makes the text of a stack one whose modules run in this home."""
    return in_own_processes if request.param == "process" else str


def lay(stage, name, settled):
    """Returns the environment of the source."""
    line, env, files = SOURCES[name]
    for module in ("file", "setup-token", "credentials-file"):
        stage.install(module)
    stage.write(settled(line))
    for path, text in files.items():
        (stage.home / path).write_text(text, encoding="utf-8")
        (stage.home / path).chmod(0o600)
    return {variable: value.format(home=stage.home) for variable, value in env.items()}


@EVERY_SOURCE
def test_no_secret_is_left_when_all_is_freed(stage, name, settled):
    env = lay(stage, name, settled)
    with waiting(stage, "open", "resolve=any", "free", "close", env=env) as (process, told):
        assert told[1].startswith("resolve: ok" if name not in REFUSED else "resolve: invalid")
        assert traces_in(image_of(stage, process, EVERYTHING)) == []


@EVERY_SOURCE
def test_no_secret_is_left_between_two_requests(stage, name, settled):
    """A worker goes on, and with it its socket's buffers in the application."""
    env = lay(stage, name, settled)
    with waiting(stage, "open", "resolve=any", "free", env=env) as (process, _):
        assert traces_in(image_of(stage, process, EVERYTHING)) == []


@EVERY_SOURCE
def test_no_secret_is_in_an_image_as_the_kernel_would_write_it(stage, name, settled):
    """Before anything is freed: a crash of the application must not put the secret into a core dump."""
    env = lay(stage, name, settled)
    with waiting(stage, "open", "resolve=any", env=env) as (process, _):
        assert traces_in(image_of(stage, process)) == []


@pytest.mark.parametrize("name", [name for name in SOURCES if name not in REFUSED])
def test_no_secret_is_left_when_the_command_ends(stage, name, settled):
    env = lay(stage, name, settled)
    out, image = image_at_the_end(stage, "get", "-f", "json", "-t", "any", env=env)
    assert any(f'"fingerprint":"{fingerprint(text)}"' in out for text in (API_KEY, SETUP_TOKEN, GATEWAY_TOKEN))
    assert traces_in(image) == []


def test_an_image_shows_a_secret_that_is_held(stage, settled):
    """That the tests above can fail, also by what a hash function left."""
    assert traces_in([(0, words_swapped(API_KEY.encode()))]) != []
    env = lay(stage, "plain", settled)
    with waiting(stage, "open", "resolve=any", env=env) as (process, _):
        assert traces_in(image_of(stage, process, EVERYTHING)) != []


def test_of_a_stored_login_there_is_never_a_trace(stage, settled):
    stage.install("credentials-file")
    stage.write(settled(entry("credentials-file")))
    store(stage.home / ".claude")
    with waiting(stage, "open", "resolve=cli", env={}) as (process, told):
        assert told == ["open: ok", "resolve: ok"]
        assert traces_in(image_of(stage, process, EVERYTHING)) == []


@pytest.mark.parametrize("members", [{"scopes": []}, {"expiresAt": "soon"}, {"refreshToken": "", "expiresAt": 1}])
def test_of_a_login_that_is_refused_neither(stage, members, settled):
    stage.install("credentials-file")
    stage.write(settled(entry("credentials-file")))
    store(stage.home / ".claude", **members)
    with waiting(stage, "open", "resolve=cli", env={}) as (process, told):
        assert told[1].startswith(("resolve: invalid", "resolve: expired"))
        assert ACCESS_TOKEN not in told[1] and REFRESH_TOKEN not in told[1]
        assert traces_in(image_of(stage, process, EVERYTHING)) == []
