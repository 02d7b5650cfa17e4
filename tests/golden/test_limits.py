"""Each limit: what is just within it passes, what is just beyond it is a fault."""

import golden
import pytest

LINE_MAX = 4096
ARGUMENTS_MAX = 32
ENTRIES_MAX = 1024
INCLUDES_MAX = 1024
DEPTH_MAX = 8
FILE_MAX = 64 * 1024

LINE_FAULT = "the line has more than 4096 bytes; split it"


def write(world, name, text):
    (world.config / f"{name}.conf").write_text(text)


def check(world, faults, name="default"):
    golden.assert_faults(golden.run(world, "check", name), faults)


def padded(start, size, end=""):
    """start, a comment, end: `size` bytes in all."""
    return start + "#" * (size - len(start) - len(end)) + end


LINES = {
    "comment": padded("", LINE_MAX),
    "entry": padded("any  sufficient  env.so  ", LINE_MAX),
    "blanks": "any  sufficient  env.so".ljust(LINE_MAX),
    "value": "any  sufficient  debug.so  secret=".ljust(LINE_MAX, "x"),
    "quoted": 'any  sufficient  debug.so  secret="'.ljust(LINE_MAX - 1, "x") + '"',
    "bracket": "any  [".ljust(LINE_MAX - len("denied=next]  env.so")) + "denied=next]  env.so",
    "continued": padded("any \\\n  sufficient \\\n  env.so  ", LINE_MAX),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("end", ("", "\n"))
def test_longest_line(name, end, world):
    assert len(LINES[name]) == LINE_MAX
    write(world, "default", golden.STACK + LINES[name] + end)
    check(world, [])


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("end", ("", "\n"))
def test_line_too_long(name, end, world):
    longer = LINES[name].replace("any ", "any  ", 1) if name != "comment" else LINES[name] + "#"
    assert len(longer) == LINE_MAX + 1
    write(world, "default", golden.STACK + longer + end)
    check(world, [f"@DIR@/default.conf:2:1: {LINE_FAULT}"])


def test_other_faults_are_told_as_well(world):
    write(world, "default", "any  required  env.so\n" + padded("", LINE_MAX + 1) + "\nany  optional  env.so\n")
    check(world, [
        "@DIR@/default.conf:1:6: required has no meaning here, because the first credential ends the walk;"
        " write requisite",
        f"@DIR@/default.conf:2:1: {LINE_FAULT}",
        "@DIR@/default.conf:3:6: optional has no meaning here, because the first credential ends the walk;"
        " write sufficient"])


def test_most_arguments(world):
    """No module has that many options, so each is a fault, and none is one too many."""
    names = [f"a{i:02}" for i in range(ARGUMENTS_MAX)]
    write(world, "default", "any  sufficient  env.so" + "".join(f" {name}=x" for name in names) + "\n")
    check(world, [f"@DIR@/default.conf:1:{25 + 6 * i}: env.so has no option '{name}'; keystile modules env lists what"
                  " it has" for i, name in enumerate(names)])


def test_too_many_arguments(world):
    write(world, "default", "any  sufficient  env.so" + " a=x" * (ARGUMENTS_MAX + 2) + "\n")
    check(world, ["@DIR@/default.conf:1:153: more than 32 arguments; use fewer"])


def test_longest_option_name(world):
    name = "n" * 32
    write(world, "default", f"any  sufficient  env.so  {name}=x\n")
    check(world, [f"@DIR@/default.conf:1:26: env.so has no option '{name}'; keystile modules env lists what it has"])


def test_most_entries(world):
    write(world, "default", golden.STACK * ENTRIES_MAX)
    check(world, [])


def test_too_many_entries(world):
    write(world, "default", golden.STACK * (ENTRIES_MAX + 2))
    check(world, ["@DIR@/default.conf:1025:1: more than 1024 entries; use fewer"])


def test_included_entries_count(world):
    write(world, "ten", golden.STACK * 10)
    write(world, "default", golden.STACK * (ENTRIES_MAX - 10) + "include  ten\n")
    check(world, [])
    write(world, "default", golden.STACK * (ENTRIES_MAX - 9) + "include  ten\n")
    check(world, ["@DIR@/ten.conf:10:1: more than 1024 entries; use fewer"])


def write_chain(world, depth):
    """default includes s1, s1 includes s2, and so on; the last has the entry."""
    names = ["default"] + [f"s{i}" for i in range(1, depth + 1)]
    for name, following in zip(names, names[1:]):
        write(world, name, f"include  {following}\n")
    write(world, names[-1], golden.STACK)


def test_deepest_include(world):
    write_chain(world, DEPTH_MAX)
    check(world, [])


def test_include_too_deep(world):
    write_chain(world, DEPTH_MAX + 1)
    check(world, ["@DIR@/s8.conf:1:1: includes are more than 8 deep; nest fewer"])


def test_most_includes(world):
    write(world, "nothing", "# nothing\n")
    write(world, "default", golden.STACK + "include  nothing\n" * INCLUDES_MAX)
    check(world, [])


def test_too_many_includes(world):
    write(world, "nothing", "# nothing\n")
    write(world, "default", golden.STACK + "include  nothing\n" * (INCLUDES_MAX + 2))
    check(world, ["@DIR@/default.conf:1026:1: more than 1024 includes; use fewer"])


def test_includes_do_not_multiply(world):
    """They are counted however deep they are: a few small files could ask for billions."""
    write(world, "nothing", "# nothing\n")
    for i in range(1, DEPTH_MAX):
        write(world, f"s{i}", f"include  s{i + 1}\n" * 100)
    write(world, f"s{DEPTH_MAX}", "include  nothing\n")
    write(world, "default", golden.STACK + "include  s2\n" * 100)
    check(world, ["@DIR@/s8.conf:1:1: more than 1024 includes; use fewer"])


def test_largest_file(world):
    write(world, "default", golden.STACK + (padded("", 63) + "\n") * 1024)
    (world.config / "default.conf").write_bytes((world.config / "default.conf").read_bytes()[:FILE_MAX])
    check(world, [])


def test_file_too_large(world):
    write(world, "default", golden.STACK + (padded("", 63) + "\n") * 1024)
    (world.config / "default.conf").write_bytes((world.config / "default.conf").read_bytes()[:FILE_MAX + 1])
    check(world, ["@DIR@/default.conf: the file has more than 65536 bytes; split it with include"])


def test_included_file_too_large(world):
    write(world, "large", "#" * 63 + "\n")
    (world.config / "large.conf").write_bytes(b"#\n" * (FILE_MAX // 2 + 1))
    write(world, "default", "include  large\nany  required  env.so\n")
    check(world, [
        "@DIR@/large.conf: the file has more than 65536 bytes; split it with include",
        "@DIR@/default.conf:2:6: required has no meaning here, because the first credential ends the walk;"
        " write requisite"])
