"""The command under test, in a world of its own: folders made for one test, and an environment of nothing else.

KEYSTILE_BUILD is the absolute path of a build; what is run is its tests/keystile-testable, which takes its directories
from the environment.
"""

import collections
import os
import pathlib
import shutil
import subprocess
import tempfile

from memcheck import memcheck

SECONDS = 60
STACK = "any  sufficient  env.so\n"

World = collections.namedtuple("World", "root config vendor modules home")
Result = collections.namedtuple("Result", "status out err")


def build():
    name = os.environ.get("KEYSTILE_BUILD")
    if not name:
        raise RuntimeError("KEYSTILE_BUILD is not set; set it to the absolute path of a build")
    return pathlib.Path(name)


def command():
    return build() / "tests" / "keystile-testable"


def make_world():
    """The caller removes world.root. Everybody may look into it, and the path is short: messages cut long ones."""
    built = build()
    os.umask(0o022)
    root = pathlib.Path(tempfile.mkdtemp(prefix="ks-golden-"))
    root.chmod(0o755)
    world = World(root, root / "etc", root / "lib", root / "modules", root / "home")
    for folder in world[1:]:
        folder.mkdir()
    for module in ("providers/env.so", "tests/debug.so", "tests/typed.so"):
        shutil.copy(built / module, world.modules)
    return world


def remove_world(world):
    for folder in world:
        if folder.is_dir():
            folder.chmod(0o755)
    shutil.rmtree(world.root)


def run(world, *arguments, cwd=None, program=None, user=None):
    """Runs `keystile ARGUMENT...`. In what it printed, the world's folders have names: @DIR@, @VENDOR@, ..."""
    environment = {
        "HOME": str(world.home),
        "PATH": "/usr/bin:/bin",
        "KEYSTILE_TEST_CONFIG": str(world.config),
        "KEYSTILE_TEST_VENDOR": str(world.vendor),
        "KEYSTILE_TEST_MODULES": str(world.modules),
        "KEYSTILE_TEST_WORKER": str(build() / "worker" / "keystile-worker"),
        "KEYSTILE_TEST_LOG": str(world.root / "log"),
    }
    environment.update({name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ})
    words = [program] if program else [*memcheck.words, command()]
    done = subprocess.run([*words, *arguments], env=environment, cwd=cwd or world.home, user=user,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS * memcheck.patience)
    return Result(done.returncode, name_folders(world, done.stdout), name_folders(world, done.stderr))


def name_folders(world, output):
    """Messages are UTF-8 whatever the input was, so this decodes strictly."""
    text = output.decode()
    for name, folder in (("@DIR@", world.config), ("@VENDOR@", world.vendor), ("@MODULES@", world.modules),
                         ("@HOME@", world.home), ("@ROOT@", world.root)):
        text = text.replace(str(folder), name)
    return text


def lines(faults):
    """What the command prints for these faults."""
    return "".join(f"keystile: {fault}\n" for fault in faults)


def assert_faults(result, faults, status=78):
    assert result.err == lines(faults)
    assert result.out == ""
    assert result.status == (status if faults else 0)
