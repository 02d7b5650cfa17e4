"""Golden cases: cases/NAME.conf, and beside it what `keystile check` says about it.

    NAME.err   there is a fault: this is all that `check NAME` prints, on standard error, and it exits with 78
    NAME.out   there is none: this is all that `check -v NAME` prints, on standard output, and it exits with 0

A case is these two files and no code. @DIR@ stands for the folder they were copied to, @MODULES@ for the modules' one.
All cases lie in one folder, so that one can include another. What has a fault cannot be opened, except where NAME
begins with "opens-": such a stack can be used, and only `check` complains.
"""

import pathlib
import re
import shutil

import golden
import pytest

CASES = pathlib.Path(__file__).resolve().parent / "cases"
CASES_MIN = 80


def names(suffix):
    return sorted(path.stem for path in CASES.glob(f"*{suffix}"))


@pytest.fixture(scope="module", autouse=True)
def copied(shared_world):
    """The checkout may belong to somebody else, so what is tested are copies."""
    for path in CASES.glob("*.conf"):
        shutil.copyfile(path, shared_world.config / path.name)


def expected(name, suffix):
    return (CASES / (name + suffix)).read_bytes().decode()


@pytest.mark.parametrize("name", names(".err"))
def test_fault(name, shared_world):
    result = golden.run(shared_world, "check", "--config-dir", str(shared_world.config), name)
    assert result.err == expected(name, ".err")
    assert (result.status, result.out) == (78, "")


@pytest.mark.parametrize("name", names(".err"))
def test_what_has_a_fault_is_not_used(name, shared_world):
    result = golden.run(shared_world, "get", "--config-dir", str(shared_world.config), "-s", name)
    if name.startswith("opens-"):
        assert (result.status, result.err) == (0, "")
        assert result.out.startswith("sk-ant-api03-debug-")
    else:
        assert (result.status, result.out) == (78, "")


def without_notes(err):
    return [line for line in err.splitlines() if ": note: " not in line]


def test_a_timeout_beyond_that_of_a_request_is_noted(shared_world):
    result = golden.run(shared_world, "check", "-v", "--config-dir", str(shared_world.config), "options-of-the-core")
    assert result.err == "".join(
        f"keystile: @DIR@/options-of-the-core.conf:{line}:1: note: @timeout is longer than a request takes (10 s); "
        "ask with --timeout as well\n" for line in (3, 4))


@pytest.mark.parametrize("name", names(".out"))
def test_stack(name, shared_world):
    result = golden.run(shared_world, "check", "-v", "--config-dir", str(shared_world.config), name)
    assert without_notes(result.err) == []
    assert result.out == expected(name, ".out")
    assert result.status == 0


@pytest.mark.parametrize("name", names(".out"))
def test_what_is_printed_is_a_stack(name, shared_world):
    """Read again, the stack that check -v prints is the same stack, at other places."""
    def entries(text):
        return [re.sub(r"  # \S+:\d+$", "", line) for line in text.splitlines()[1:]]

    folder = shared_world.root / "again"
    folder.mkdir(exist_ok=True)
    printed = expected(name, ".out")
    (folder / f"{name}.conf").write_text(printed)
    result = golden.run(shared_world, "check", "-v", "--config-dir", str(folder), name)
    assert (result.status, without_notes(result.err)) == (0, [])
    assert entries(result.out) == entries(printed)


def test_every_case_is_a_pair():
    conf, faulty, good = set(names(".conf")), set(names(".err")), set(names(".out"))
    assert conf == faulty | good
    assert not faulty & good
    assert len(conf) >= CASES_MIN
    assert {path.suffix for path in CASES.iterdir()} == {".conf", ".err", ".out"}


@pytest.mark.parametrize("name", names(".err"))
def test_every_fault_has_source_reason_and_remedy(name):
    """One line each: `keystile: FILE[:LINE:COLUMN]: REASON; REMEDY`."""
    text = expected(name, ".err")
    assert text.endswith("\n")
    for line in text.splitlines():
        assert re.fullmatch(r"keystile: @DIR@/[a-z0-9_-]+\.conf(:\d+:\d+)?: [^;]+; .+", line)
        assert "canary" not in line
