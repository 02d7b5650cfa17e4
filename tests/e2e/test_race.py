# SPDX-License-Identifier: MIT
"""A module, a secret's file or a configuration that another process swaps, as fast as it can, for one that must not be
taken for it: ten thousand tries in all. (design, sections 3 and 7)

Each try is a process of its own (tests/programs/race.c). It ends in the answer of the one, or in a refusal; and that
both happened shows that there was a race. Who may swap a module is trusted (they could as well write one), so a
module that is trusted too may be the one that is verified; but never is one of them asked as the other. (All that can
run of it are its constructors: see core/module.h.)
"""

import dataclasses
import os
import re
import shutil

import pytest
from stage import API_KEY, BUILD, OTHER_KEY, SANITIZERS, STRANGER, debug, entry, fingerprint

RACE = BUILD / "tests" / "race"
# Not slowed down.
pytestmark = pytest.mark.no_memcheck
# With the sanitizers a fork takes many times as long.
TRIES = 120 if SANITIZERS else 400
TIMEOUT = 120

VERSIONS = {"first": "1.0.0", "second": "1.0.0", "newer": "1.0.1"}
WRITABLE, NOT_PRIVATE = 0o664, 0o640

REPLACED = r"error: .*: twin\.so: error: .* was replaced after it was verified"
NO_TRUST = r"(misconfigured|error): .* is (writable by group|owned by uid \d+)"
NO_SECRET = r"invalid: .* is (open to its group|owned by uid \d+|a symbolic link|not a regular file)"


def twin(name):
    """What a race prints where it was answered by this module, and by no other than was verified."""
    return f"ok: {fingerprint(f'sk-ant-api03-CANARY-twin-{name}-' + 'x' * 58 + 'AA')} {VERSIONS[name]}"


def answers(stage, swap, live, spare):
    """How often each answer came."""
    result = stage.run(swap, live, spare, str(TRIES), command=RACE, timeout=TIMEOUT,
                       env={"KEYSTILE_TEST_MARKS": str(stage.marks)})
    assert (result.status, result.err) == (0, "")
    counts = {}
    for line in result.out.splitlines():
        count, answer = line.split(" ", 1)
        counts[answer] = int(count)
    assert sum(counts.values()) == TRIES
    return counts


def check(record_property, counts, *wanted, rare=()):
    """Each answer must be one of those wanted (patterns), and each of these must have come; or a rare one."""
    came = dict.fromkeys(wanted, 0)
    for answer, count in counts.items():
        if any(re.match(pattern, answer) for pattern in rare):
            record_property("rare", count)
            continue
        fitting = [pattern for pattern in wanted if re.match(pattern, answer)]
        assert fitting, f"{count} times: {answer}"
        came[fitting[0]] += count
    for pattern, count in came.items():
        record_property(pattern, count)
    print(came)
    # with the sanitizers a try takes so long that in all of them the file may have been swapped
    assert SANITIZERS or all(came.values()), came


@dataclasses.dataclass
class Swap:
    """How they are swapped, and what is wrong with the second."""
    how: str  # as race calls it; "folder" for an exchange of the folders they lie in
    mode: int = None
    uid: int = None

    def __str__(self):
        wrong = f"-mode-{self.mode:o}" if self.mode else "-owner" if self.uid else ""
        return f"{self.how}{wrong}"

    def spoil(self, path):
        if self.mode:
            path.chmod(self.mode)
        if self.uid:
            os.chown(path, self.uid, self.uid)
        return path


def swaps(*rows):
    """Parameters. What gives files to others needs root; one of each kind runs as another user, too."""
    return pytest.mark.parametrize("swap", [
        pytest.param(row, id=str(row), marks=pytest.mark.needs_root if row.uid else
                     pytest.mark.ordinary_user if row.how == "exchange" else ()) for row in rows])


@pytest.fixture(autouse=True)
def marks(stage):
    """Where modules leave marks."""
    stage.marks = stage.make("marks")


def race(stage, swap, live, spare):
    """Both files lie in one folder, but where it is folders that are swapped: then `spare` is already in another."""
    if swap.how == "folder":
        return answers(stage, "exchange", live.parent, spare.parent)
    return answers(stage, swap.how, live, spare)


def second_folder(stage, swap, folder):
    """The folder of the second file."""
    return stage.make("other") if swap.how == "folder" else folder


def marked(stage):
    return {path.name for path in stage.marks.iterdir()}


def put_twins(stage, swap, second):
    stage.write(entry("twin", control="binding"))
    live = stage.modules / "twin.so"
    shutil.copy(BUILD / "tests" / "twin-first.so", live)
    folder = second_folder(stage, swap, stage.modules)
    spare = folder / ("twin.so" if folder != stage.modules else "spare")
    shutil.copy(BUILD / "tests" / f"twin-{second}.so", spare)
    return live, swap.spoil(spare)


UNTRUSTED_MODULES = swaps(*(Swap(how, mode=WRITABLE) for how in ("exchange", "fresh", "link", "folder", "mode")),
                          *(Swap(how, uid=STRANGER) for how in ("exchange", "fresh", "owner")))


@UNTRUSTED_MODULES
def test_a_module_that_is_not_trusted_is_never_asked(stage, swap, record_property):
    live, spare = put_twins(stage, swap, "second")
    check(record_property, race(stage, swap, live, spare), twin("first"), NO_TRUST, rare=[REPLACED])
    assert "second-asked" not in marked(stage)


@swaps(*(Swap(how) for how in ("exchange", "fresh", "link", "folder")))
@pytest.mark.parametrize("second", ["second", "newer"])
def test_a_module_that_is_trusted_is_never_loaded_as_another(stage, swap, second, record_property):
    live, spare = put_twins(stage, swap, second)
    check(record_property, race(stage, swap, live, spare), twin("first"), twin(second), REPLACED)


def put_secrets(stage, swap):
    stage.install("file")
    live = stage.home / "secret"
    stage.write(entry("file", control="binding", path=live))
    spare = stage.home / "spare"
    for path, text in ((live, API_KEY), (spare, OTHER_KEY)):
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    return live, swap.spoil(spare)


FIRST_KEY = f"ok: {fingerprint(API_KEY)} "


@swaps(*(Swap(how, mode=NOT_PRIVATE) for how in ("exchange", "fresh", "mode")),
       *(Swap(how, uid=STRANGER) for how in ("exchange", "fresh", "owner")))
def test_a_file_that_is_not_private_is_never_read(stage, swap, record_property):
    check(record_property, race(stage, swap, *put_secrets(stage, swap)), FIRST_KEY, NO_SECRET)


@pytest.mark.parametrize("kind", ["link", "fifo"])
@pytest.mark.ordinary_user
def test_what_is_no_file_of_its_own_is_never_read(stage, kind, record_property):
    live, spare = put_secrets(stage, Swap("exchange"))
    if kind == "link":
        spare.rename(stage.home / "private")
        spare.symlink_to(stage.home / "private")
    else:
        spare.unlink()
        os.mkfifo(spare, 0o600)
    check(record_property, answers(stage, "exchange", live, spare), FIRST_KEY, NO_SECRET)


@swaps(*(Swap(how, mode=WRITABLE) for how in ("exchange", "fresh", "link", "folder", "mode")),
       *(Swap(how, uid=STRANGER) for how in ("exchange", "fresh", "owner")))
def test_a_configuration_that_is_not_trusted_is_never_read(stage, swap, record_property):
    live = stage.write(debug(control="binding"))
    folder = second_folder(stage, swap, stage.config)
    spare = stage.write(debug(control="binding", secret=OTHER_KEY), place=folder,
                        service="default" if folder != stage.config else "spare")
    counts = race(stage, swap, live, swap.spoil(spare))
    check(record_property, counts, FIRST_KEY, NO_TRUST)
