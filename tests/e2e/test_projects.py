# SPDX-License-Identifier: MIT
"""Where a project's settings.local.json is looked for (design, section 8: a repository must not redirect a key).

claude takes it from the root of the git repository and, in a linked worktree, from the root of the main checkout.
What it makes of odd `.git` entries was observed with release 2.1.329: in each case below "what claude reads" it sent
its key to where the settings said. keystile may stop in more cases, never in fewer.
"""

import json
import os
import time

import pytest
from stage import STRANGER
from test_shadows import REDIRECT, STOPPED, claude, run, settings  # claude is the fixture

assert claude
# keystile must be quick about a large file, and a machine that runs the tests may be slow.
LARGE_FILE_SECONDS = 10


class Worktree:
    """A main checkout with dangerous local settings, and a folder `tree` beside it that is to become its worktree."""

    def __init__(self, stage):
        self.stage = stage
        self.main, self.tree = stage.make("main"), stage.make("main-tree")
        self.own = self.main / ".git" / "worktrees" / "tree"
        self.own.mkdir(parents=True)
        self.settings = settings(self.main, REDIRECT, "settings.local.json")
        self.git(f"gitdir: {self.own}\n")
        self.common("../..\n")
        (self.own / "gitdir").write_text(f"{self.tree}/.git\n", encoding="utf-8")

    def git(self, text):
        write(self.tree / ".git", text)

    def common(self, text):
        write(self.own / "commondir", text)

    def below(self, name="sub"):
        """A folder of the main checkout."""
        (self.main / name).mkdir()
        return self.main / name

    def run(self, folder=None):
        return run(self.stage, "claude", cwd=folder or self.tree)


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture
def worktree(claude):
    return Worktree(claude)


def assert_names(result, path, what):
    assert result.status == STOPPED
    assert any(str(path) in message and what in message for message in result.messages), result.messages


# --- what claude reads ----------------------------------------------------------------------------------------------

# The text of `.git`; PATH is the worktree's folder in the repository.
GIT_TEXTS = {
    "plain": "gitdir: PATH\n", "no-blank": "gitdir:PATH", "blanks": "gitdir:   PATH", "tab": "gitdir:\tPATH",
    "line-before": "\n  gitdir: PATH", "blanks-behind": "gitdir: PATH   ", "carriage-return": "gitdir: PATH\r\n",
    "lines-between": "gitdir:\n\nPATH\n", "vertical-tab": "gitdir:\vPATH\f", "no-break-space": "gitdir:\u00a0PATH",
    "byte-order-mark": "\ufeffgitdir: PATH", "wide-blanks": "gitdir:\u2028PATH\u3000", "slash": "gitdir: PATH/",
    "dot": "gitdir: PATH/.", "relative": "gitdir:../main/.git/worktrees/tree",
}
COMMON_TEXTS = {
    "plain": "../..\n", "blanks": " ../.. ", "line-before": "\n../..\n", "no-break-space": "\u00a0../..",
    "slash": "../../", "absolute": "MAIN/.git",
}


@pytest.mark.parametrize("text", GIT_TEXTS.values(), ids=GIT_TEXTS)
def test_git_leads_to_the_main_checkout(worktree, text):
    worktree.git(text.replace("PATH", str(worktree.own)))
    assert_names(worktree.run(), worktree.settings, "ANTHROPIC_BASE_URL")


@pytest.mark.parametrize("text", COMMON_TEXTS.values(), ids=COMMON_TEXTS)
def test_commondir_leads_to_the_main_checkout(worktree, text):
    worktree.common(text.replace("MAIN", str(worktree.main)))
    assert_names(worktree.run(), worktree.settings, "ANTHROPIC_BASE_URL")


def link_that_leads_astray(worktree):
    """LINK/.. is the folder around the main checkout as text, and the folder `far` to the system."""
    (worktree.stage.folder / "far" / "away").mkdir(parents=True)
    link = worktree.stage.folder / "link"
    link.symlink_to("far/away")
    return link


def test_two_dots_in_git_are_folded_as_text(worktree):
    worktree.git(f"gitdir: {link_that_leads_astray(worktree)}/../main/.git/worktrees/tree")
    assert_names(worktree.run(), worktree.settings, "ANTHROPIC_BASE_URL")


def test_two_dots_in_commondir_are_folded_as_text(worktree):
    worktree.common(f"{link_that_leads_astray(worktree)}/../main/.git")
    assert_names(worktree.run(), worktree.settings, "ANTHROPIC_BASE_URL")


def test_a_linked_main_checkout_is_followed(worktree):
    link = worktree.stage.folder / "link"
    link.symlink_to("main")
    worktree.git(f"gitdir: {link}/.git/worktrees/tree")
    assert_names(worktree.run(), worktree.settings, "ANTHROPIC_BASE_URL")


def dangling(path):
    path.symlink_to("nowhere")


def loop(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [dangling, os.mkfifo, loop], ids=["dangling", "fifo", "loop"])
def test_what_is_no_git_does_not_hide_the_repository_above(worktree, make):
    folder = worktree.below()
    make(folder / ".git")
    assert_names(worktree.run(folder), worktree.settings, "ANTHROPIC_BASE_URL")


def test_the_inside_of_a_git_folder_belongs_to_the_repository(worktree):
    folder = worktree.below(".git/sub")
    assert_names(worktree.run(folder), worktree.settings, "ANTHROPIC_BASE_URL")


# --- what it may read -----------------------------------------------------------------------------------------------

def test_two_dots_are_followed_as_the_system_does_too(worktree):
    (worktree.main / "deep").mkdir()
    (worktree.stage.folder / "link").symlink_to("main/deep")
    worktree.git(f"gitdir: {worktree.stage.folder}/link/../.git/worktrees/tree")
    assert_names(worktree.run(), worktree.settings, "ANTHROPIC_BASE_URL")


def test_a_linked_git_of_the_main_checkout_is_followed(worktree):
    other = worktree.stage.make("other")
    (other / ".git").symlink_to(worktree.main / ".git")
    worktree.common(f"{other}/.git")
    assert_names(worktree.run(), worktree.settings, "ANTHROPIC_BASE_URL")
    path = settings(other, REDIRECT, "settings.local.json")
    worktree.settings.unlink()
    assert_names(worktree.run(), path, "ANTHROPIC_BASE_URL")


def test_a_linked_git_file_is_followed(worktree):
    (worktree.tree / ".git").rename(worktree.stage.folder / "moved")
    (worktree.tree / ".git").symlink_to(worktree.stage.folder / "moved")
    assert_names(worktree.run(), worktree.settings, "ANTHROPIC_BASE_URL")


def test_a_repository_around_a_repository_counts(worktree):
    folder = worktree.below()
    (folder / ".git").mkdir()
    assert_names(worktree.run(folder), worktree.settings, "ANTHROPIC_BASE_URL")


# --- what cannot be examined ----------------------------------------------------------------------------------------

UNREADABLE_TEXTS = {
    "not-utf-8": (b"gitdir: /b\xffd", "not UTF-8"), "too-large": (" " * (1 << 20), "too large"),
    "long-path": ("gitdir: /" + "x/" * 2500, "too long"), "long-name": ("gitdir: /" + "x" * 300, "too long"),
}


@pytest.mark.parametrize("text, reason", UNREADABLE_TEXTS.values(), ids=UNREADABLE_TEXTS)
def test_a_git_that_cannot_be_followed_stops(worktree, text, reason):
    worktree.git(text)
    assert_names(worktree.run(), worktree.tree.name, "cannot be examined")
    assert reason in worktree.run().err


@pytest.mark.parametrize("text", [b"/b\xffd", " " * (1 << 20), "/" + "x" * 300], ids=["not-utf-8", "large", "long"])
def test_a_commondir_that_cannot_be_followed_stops(worktree, text):
    worktree.common(text)
    assert_names(worktree.run(), worktree.own, "cannot be examined")


@pytest.mark.parametrize("name", ["tree/.git", "tree", "own/commondir", "own"])
@pytest.mark.needs_root
def test_what_may_not_be_read_stops(worktree, name):
    place, _, rest = name.partition("/")
    closed = (worktree.tree if place == "tree" else worktree.own) / rest
    closed.chmod(0)
    # a folder is entered before it is closed, as by a shell that stands in it
    folder = os.open(worktree.tree, os.O_RDONLY | os.O_DIRECTORY)
    try:
        result = worktree.stage.run("exec", "claude", user=STRANGER, cwd=f"/proc/self/fd/{folder}", pass_fds=[folder])
    finally:
        os.close(folder)
        closed.chmod(0o755)
    assert_names(result, worktree.own if place == "own" else worktree.tree, "cannot be examined: Permission denied")


def test_allow_shadow_goes_past_what_cannot_be_examined(worktree):
    worktree.git(b"gitdir: /b\xffd")
    assert run(worktree.stage, "--allow-shadow", "claude", cwd=worktree.tree).status == 0


# --- what is no danger ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("text", [
    "", " \n", "garbage\n", "GITDIR: PATH", "gitdir PATH", "gitdir:\u200bPATH", "gitdir: PATH\nmore\n",
    "x\ngitdir: PATH", "gitdir: /nowhere/at/all", "gitdir:", "gitdir: ../main-tree/nothing",
])
def test_a_git_that_leads_nowhere_is_silent(worktree, text):
    worktree.git(text.replace("PATH", str(worktree.own)))
    result = worktree.run()
    assert (result.status, result.err) == (0, "")


def test_a_worktree_without_dangerous_settings_is_silent(worktree):
    worktree.settings.unlink()
    assert (worktree.run().status, worktree.run().err) == (0, "")


def test_a_submodule_of_its_own_is_silent(worktree):
    worktree.settings.unlink()
    folder = worktree.below()
    (worktree.main / ".git" / "modules" / "sub").mkdir(parents=True)
    write(folder / ".git", "gitdir: ../.git/modules/sub\n")
    assert (worktree.run(folder).status, worktree.run(folder).err) == (0, "")


def test_a_place_that_is_found_twice_is_told_once(worktree):
    folder = worktree.below()
    write(folder / ".git", f"gitdir: {worktree.own}\n")
    assert worktree.run(folder).err.count(str(worktree.settings)) == 1


# --- large files ----------------------------------------------------------------------------------------------------

def run_in_time(stage, *args):
    start = time.monotonic()
    result = run(stage, *args)
    assert time.monotonic() - start < LARGE_FILE_SECONDS
    return result


# claude's state grows with each project and each prompt: about 9 MiB, and 150,000 values.
PROJECT = {"history": [{"display": "x" * 300, "pastedContents": {}}] * 20, "hasTrustDialogAccepted": True}
HISTORY = {"projects": {f"/home/user/project-{number}": PROJECT for number in range(1400)}}


def test_a_large_state_file_is_no_shadow(claude):
    path = claude.home / ".claude.json"
    path.write_text(json.dumps(HISTORY), encoding="utf-8")
    assert path.stat().st_size > 8 << 20
    result = run_in_time(claude, "-p", "api", "claude")
    assert (result.status, result.err) == (0, "")


def test_a_large_state_file_is_examined(claude):
    (claude.home / ".claude.json").write_text(json.dumps({**HISTORY, **REDIRECT}), encoding="utf-8")
    assert "ANTHROPIC_BASE_URL" in run_in_time(claude, "claude").message
    assert run(claude, "-p", "api", "claude").status == STOPPED


@pytest.mark.parametrize("content", [
    json.dumps({f"{number:08x}" * 9: 0 for number in range(190000)}),
    json.dumps({"x": [{str(number): 0 for number in range(400)}] * 400}),
], ids=["flat", "objects"])
def test_a_large_file_is_examined_in_time(claude, content):
    settings(claude.work, content)
    result = run_in_time(claude, "claude")
    assert (result.status, result.err) == (0, "")


@pytest.mark.parametrize("content, reason", [('"' + "x" * (16 << 20) + '"', "too large"),
                                             (json.dumps([0] * 500000), "too many values")], ids=["bytes", "values"])
def test_a_file_over_the_limits_stops(claude, content, reason):
    path = settings(claude.work, content)
    result = run_in_time(claude, "claude")
    assert_names(result, path, "cannot be examined")
    assert reason in result.err
