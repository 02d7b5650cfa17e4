# SPDX-License-Identifier: MIT
"""The stacks that the manual shows: `check` finds no fault in them."""

import pathlib
import re

import pytest
from stage import PROVIDERS

PAGES = pathlib.Path(__file__).parents[2] / "man"
# What stands for the options that the examples of a page have in common.
IN_COMMON = "addr=https://vault.example.com:8200 path=ai/claude"
LINE = re.compile(r"(?:any|api|cli) +(?:\[.*?\]|[a-z]+) +[a-z-]+\.so\b|include |#")


def shown_stacks():
    """Each block of a page that is lines of a stack and nothing else."""
    found = []
    for page in sorted(PAGES.glob("*.[58]")):
        blocks = re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        for number, block in enumerate(blocks, 1):
            text = block.replace(r"\(dq", '"').replace(r"\e", "\\").replace(" ... ", f" {IN_COMMON} ")
            if all(LINE.match(line) for line in text.replace("\\\n", "").splitlines()):
                found.append(pytest.param(text, id=f"{page.name}-{number}"))
    return found


def test_the_manual_shows_stacks():
    pages = {param.id.rpartition("-")[0] for param in shown_stacks()}
    assert pages == {page.name for page in PAGES.glob("*.[58]")} - {"keystile-worker.8"}


@pytest.mark.parametrize("text", shown_stacks())
def test_a_stack_of_the_manual_has_no_fault(stage, text):
    for name in PROVIDERS:
        stage.install(name)
    stage.write("api binding env.so", service="common")
    stage.write(*text.splitlines())
    result = stage.run("check", "default")
    assert (result.status, result.err) == (0, "")
