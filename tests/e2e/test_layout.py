# SPDX-License-Identifier: MIT
"""The binary interfaces are what tests/abi/offsets.txt says: every number, structure, member and function.

What may differ is what a minor version may do: add. (design, section 5)
"""

import pathlib
import re
import subprocess

import pytest
from stage import BUILD

TABLE = pathlib.Path(__file__).parent.parent / "abi" / "offsets.txt"
ADVICE = f"""
A line that is new, and nothing else, is a new minor version: append what is new to structures that begin with their
size, raise KS_ABI_MINOR where provider.h grew, and put what this prints into {TABLE.name}:
    build/.../tests/abi/layout-this
Any other difference breaks what was built before. Take it back: nothing moves, nothing changes its size, number or
type, nothing goes away."""


def names(lines):
    """Each line by the name of what it describes."""
    return {re.match(r"struct \w+(?=,)|[\w.]+(?= (?:at|is) )|.*\b(?=\w*\()", line)[0]: line for line in lines}


def read_table():
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return names(line for line in lines if not line.startswith("#"))


def compiled(minor):
    done = subprocess.run([BUILD / "tests" / "abi" / f"layout-{minor}"], capture_output=True, text=True, timeout=30,
                          check=True)
    return names(done.stdout.splitlines())


def number(line):
    """The value of a number, or the size of a structure."""
    return int(re.findall(r"-?\d+", line)[-1])


def may_grow(table, structure):
    return f"{structure}.size" in table


def is_allowed(name, old, new, table):
    """Whether a line may differ: the number of the minor version, and the size of a structure that tells its own."""
    if not new or "not listed" in new:
        return False
    if name == "KS_ABI_MINOR":
        return number(new) > number(old)
    structure = name.removeprefix("struct ")
    return structure != name and may_grow(table, structure) and number(new) > number(old)


def is_appended(name, line, table):
    """Whether something new harms nobody: a member does where its structure's size would not tell that it is there."""
    structure = name.split(".")[0]
    if "not listed" in line:
        return False
    if structure == name or f"struct {structure}" not in table:
        return True
    offset = int(re.search(r" at (\d+)", line)[1])
    return may_grow(table, structure) and offset >= number(table[f"struct {structure}"])


def find_breaks(table, found):
    changed = [f"- {old}\n+ {found.get(name, '(gone)')}" for name, old in table.items()
               if found.get(name) != old and not is_allowed(name, old, found.get(name), table)]
    added = [f"+ {new}" for name, new in found.items() if name not in table and not is_appended(name, new, table)]
    return changed + added


def describe(table, found):
    breaks = find_breaks(table, found)
    if breaks:
        return "\n".join(["THIS BREAKS THE ABI:", *breaks, ADVICE])
    return "\n".join(["This is a new minor version:",
                      *(f"+ {line}" for name, line in found.items() if table.get(name) != line), ADVICE])


def test_the_interfaces_are_what_the_table_says():
    table, found = read_table(), compiled("this")
    if table != found:
        pytest.fail(describe(table, found), pytrace=False)


def test_the_next_minor_version_only_adds():
    table, found = read_table(), compiled("next")
    assert find_breaks(table, found) == []
    assert {"ks_host.next_minor", "ks_error.next_minor", "KS_TYPE_NEXT_MINOR"} <= set(found) - set(table)


# What would break the interfaces, as a change of one line of the table: each is seen for what it is.
@pytest.mark.parametrize("old, new", [
    ("ks_host.getenv at 24", "ks_host.getenv at 32"),
    ("ks_step.line at 16, 4 bytes", "ks_step.line at 16, 8 bytes"),
    ("const char **ret_value)", "char **ret_value)"),
    ("KS_DENIED is 5", "KS_DENIED is 6"),
    ("KS_NOTE_OWNER is Keystile", "KS_NOTE_OWNER is keystile"),
    ("KS_ABI_MINOR is 0", "KS_ABI_MINOR is -1"),
    ("struct ks_error, 1040 bytes", "struct ks_error, 1036 bytes"),
    ("struct ks_option, 32 bytes", "struct ks_option, 40 bytes"),
    ("ks_error.result at 8, 4 bytes: enum ks_result result\n", ""),
    ("const char *ks_version(void)", "const char *ks_version(int)"),
    ("unsigned ks_trace_count(const struct ks_trace *trace)\n", ""),
    # in the padding of a structure that grows, and in one that never does
    ("ks_fault.is_note at 48, 4 bytes: int is_note",
     "ks_fault.is_note at 48, 4 bytes: int is_note\nks_fault.more at 52, 4 bytes: int more"),
    ("struct ks_pair, 16 bytes", "ks_pair.more at 16, 8 bytes: int64_t more\nstruct ks_pair, 24 bytes"),
])
def test_what_breaks_the_interfaces_is_told(old, new):
    table = read_table()
    text = "\n".join(table.values())
    assert text.count(old) == 1
    assert describe(table, names(text.replace(old, new).splitlines())).startswith("THIS BREAKS THE ABI")


def test_what_is_added_is_a_new_minor_version():
    table = read_table()
    added = names(["KS_TYPE_MORE is 9", "struct ks_more, 8 bytes", "ks_more.size at 0, 8 bytes: size_t size",
                   "int ks_more(void)", "ks_fault.more at 56, 8 bytes: size_t more"])
    assert describe(table, {**table, **added}).startswith("This is a new minor version:")
