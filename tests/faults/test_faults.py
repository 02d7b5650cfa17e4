# SPDX-License-Identifier: MIT
"""Every allocation and every system call of a resolution fails, one by one, and no other credential comes out.

    pytest tests/faults [--long]
    pytest tests/faults/test_faults.py::test_faults[SCENE-COMMAND] --fault CALL:ERROR:NUMBER[+]
"""

import concurrent.futures
import os

import faults
import pytest
import scenes
from stage import BUILD, OTHER_KEY

THREADS = 2
SHOWN = 10  # failures of one cell

pytestmark = pytest.mark.no_sanitizer


def cell(scene, command):
    mark = pytest.mark.needs_root if scene in scenes.OF_ROOT else pytest.mark.ordinary_user
    return pytest.param(scene, command, id=f"{scene}-{command}", marks=mark)


def go_through(runner, chosen, tally):
    """Lets each of the faults happen. Returns a description of each that came to something it may not."""
    failures = []
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        for fault, run in zip(chosen, pool.map(runner.run_with, chosen)):
            reason = faults.judge(runner, fault, run)
            tally[run.status] += 1
            tally["failed"] += reason is not None
            tally["harmless"] += run.status == 0 and reason is None
            tally["not reached"] += not run.is_reached
            if reason:
                failures.append(faults.describe(fault, run, reason))
    return failures


def refuse(failures):
    if failures:
        pytest.fail("\n".join([f"{len(failures)} faults, which --fault repeats one by one", *failures[:SHOWN]]),
                    pytrace=False)


def check_usual(usual, scene, command):
    """Without a fault it is the first credential that comes out, where one is there."""
    assert usual.status == scenes.STATUSES.get(scene, 0), usual.err
    chosen = usual.out.replace(f"LOWER={OTHER_KEY}", "")  # exec leaves that variable alone
    assert (OTHER_KEY in chosen) == (scene == "absent" and command in ("get", "exec"))


def choose(runner, name, config):
    """The faults of this run: the one that was asked for, every one, or a sample."""
    alone = config.getoption("--fault")
    groups = [[fault for fault in group if not fault.is_early] for group in runner.faults()]
    if config.getoption("--long") or alone:
        return [fault for group in groups for fault in group if alone in (None, str(fault))]
    every = faults.EVERY_OF_LIBRARIES if runner.scene.needs_libraries else faults.EVERY
    return [fault for group in groups for fault in faults.sample(group, name, every)]


@pytest.mark.parametrize("scene, command", [cell(*names) for names in scenes.CELLS])
def test_faults(tally, pytestconfig, scene, command):
    name, count, failures = f"{scene} {command} {BUILD.name} {os.geteuid()}", 0, []
    with scenes.made(scene) as made:
        for program in faults.CALLS:
            runner = faults.Runner(made, scenes.command_of(command), program)
            check_usual(runner.usual, scene, command)
            chosen = choose(runner, name, pytestconfig)
            count += len(chosen)
            failures += go_through(runner, chosen, tally)
    assert count > 0, "there is no such fault"
    refuse(failures)


@pytest.mark.ordinary_user
def test_faults_before_main(tally):
    """The loader's calls are the same whatever the command is going to do."""
    with scenes.made("file-plain") as made:
        runner = faults.Runner(made, scenes.command_of("get"))
        early = [fault for group in runner.faults() for fault in group if fault.is_early]
        refuse(go_through(runner, early, tally))
