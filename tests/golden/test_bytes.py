"""Bytes that no text file should have. What is written here is one file, and every fault it has."""

import golden
import pytest

ENTRY = b"any  sufficient  env.so\n"

NOT_UTF8 = "a byte that is not UTF-8; save the file as UTF-8"
NUL = "a NUL byte; remove it"
RETURN = "a carriage return; end lines with a line feed alone"
MARK = "a byte-order mark; save the file without it"
CONTROL = "a control character; remove it"
BACKSLASH = "a backslash outside quotes; quote the value, or end the line right behind it"

CASES = {
    "bom-at-the-start": (b"\xef\xbb\xbf" + ENTRY, [f"1:1: {MARK}"]),
    "bom-alone": (b"\xef\xbb\xbf", [f"1:1: {MARK}"]),
    "bom-before-a-comment": (b"\xef\xbb\xbf# comment\n" + ENTRY, [f"1:1: {MARK}"]),
    "bom-at-the-second-line": (ENTRY + b"\xef\xbb\xbf" + ENTRY, [f"2:1: {MARK}"]),
    "bom-in-a-value": (b"any  sufficient  debug.so  secret=a\xef\xbb\xbfb\n", [f"1:36: {MARK}"]),
    "bom-in-quotes": (b'any  sufficient  debug.so  secret="a\xef\xbb\xbfb"\n', [f"1:37: {MARK}"]),
    "bom-of-utf16": (b"\xff\xfea\x00n\x00y\x00\n\x00", [f"1:1: {NOT_UTF8}", f"2:1: {NUL}"]),
    "nul-at-the-start": (b"\x00" + ENTRY, [f"1:1: {NUL}"]),
    "nul-in-a-transport": (b"any\x00  sufficient  env.so\n", [f"1:4: {NUL}"]),
    "nul-in-a-module": (b"any  sufficient  env.so\x00.conf\n", [f"1:24: {NUL}"]),
    "nul-in-a-value": (b"any  sufficient  debug.so  secret=a\x00b\n", [f"1:36: {NUL}"]),
    "nul-in-a-bracket": (b"any  [denied=next\x00]  env.so\n", [f"1:18: {NUL}"]),
    "nul-in-a-comment": (b"# \x00\n" + ENTRY, [f"1:3: {NUL}"]),
    "nul-at-the-end": (ENTRY + b"\x00", [f"2:1: {NUL}"]),
    "nul-hides-no-line": (ENTRY + b"\x00\n" + b"any  required  env.so\n", [
        f"2:1: {NUL}",
        "3:6: required has no meaning here, because the first credential ends the walk; write requisite"]),
    "return-at-each-line": (ENTRY.replace(b"\n", b"\r\n") * 2, [f"1:24: {RETURN}", f"2:24: {RETURN}"]),
    "return-alone": (ENTRY.replace(b"\n", b"\r") * 2, [f"1:24: {RETURN}"]),
    "return-in-an-empty-line": (b"\r\n" + ENTRY, [f"1:1: {RETURN}"]),
    "return-in-a-comment": (b"# comment\r\n" + ENTRY, [f"1:10: {RETURN}"]),
    "return-in-quotes": (b'any  sufficient  debug.so  secret="a\rb"\n', [f"1:37: {RETURN}"]),
    "return-behind-a-backslash": (b"any  sufficient  env.so  \\\r\n  var=A\n", [
        f"1:26: {BACKSLASH}",
        "2:3: 'var=' is not a transport; write api, cli, any or include"]),
    "utf8-of-latin1": (b"# gr\xfc\xdf dich\n" + ENTRY, [f"1:5: {NOT_UTF8}"]),
    "utf8-continuation-alone": (b"any  sufficient  debug.so  secret=\x80\n", [f"1:35: {NOT_UTF8}"]),
    "utf8-overlong": (b"any  sufficient  debug.so  secret=\xc0\xaf\n", [f"1:35: {NOT_UTF8}"]),
    "utf8-overlong-of-three": (b"any  sufficient  debug.so  secret=\xe0\x80\xaf\n", [f"1:35: {NOT_UTF8}"]),
    "utf8-surrogate": (b"any  sufficient  debug.so  secret=\xed\xa0\x80\n", [f"1:35: {NOT_UTF8}"]),
    "utf8-too-high": (b"any  sufficient  debug.so  secret=\xf4\x90\x80\x80\n", [f"1:35: {NOT_UTF8}"]),
    "utf8-five-bytes": (b"any  sufficient  debug.so  secret=\xf8\x88\x80\x80\x80\n", [f"1:35: {NOT_UTF8}"]),
    "utf8-cut-by-a-line-feed": (b"# \xe4\xb8\n" + ENTRY, [f"1:3: {NOT_UTF8}"]),
    "utf8-cut-by-the-end": (ENTRY + b"# \xe4\xb8", [f"2:3: {NOT_UTF8}"]),
    "control-escape": (b"any  sufficient  debug.so  secret=\x1b[31m\n", [f"1:35: {CONTROL}"]),
    "control-bell-in-a-comment": (b"# \x07\n" + ENTRY, [f"1:3: {CONTROL}"]),
    "control-delete": (b"any  sufficient  debug.so  secret=a\x7f\n", [f"1:36: {CONTROL}"]),
    "control-form-feed": (ENTRY + b"\x0c\n" + ENTRY, [f"2:1: {CONTROL}"]),
    "control-vertical-tab": (b"any\x0bsufficient\x0benv.so\n", [f"1:4: {CONTROL}"]),
    "control-c1": ("any  sufficient  debug.so  secret=a\u009bb\n".encode(), [f"1:36: {CONTROL}"]),
    "control-next-line": ("any  sufficient  env.so\u0085\n".encode(), [f"1:24: {CONTROL}"]),
    "control-line-separator": ("# a\u2028any  sufficient  env.so\n".encode() + ENTRY, [f"1:4: {CONTROL}"]),
    "control-right-to-left": ("any  sufficient  debug.so  secret=a\u202eb\n".encode(), [f"1:36: {CONTROL}"]),
    "control-isolate": ("# a\u2066b\n".encode() + ENTRY, [f"1:4: {CONTROL}"]),
    "one-fault-a-line": (b"\x00\r\x1b\xff\n\xff\x00\n", [f"1:1: {NUL}", f"2:1: {NOT_UTF8}"]),
    "columns-are-bytes": ("any  sufficient  debug.so  reason=grüß  secret=a\\b\n".encode(), [f"1:51: {BACKSLASH}"]),
    "columns-count-a-tab-as-one": (b"\tany\tsufficient\tdebug.so\tsecret=a\\b\n", [f"1:34: {BACKSLASH}"]),
    "place-on-a-continued-line": (b"any \\\n  sufficient \\\n  debug.so secret=a\xff\n", [f"3:20: {NOT_UTF8}"]),
}


@pytest.mark.parametrize("name", CASES)
def test_bytes(name, shared_world):
    content, faults = CASES[name]
    (shared_world.config / f"{name}.conf").write_bytes(content)
    result = golden.run(shared_world, "check", name)
    golden.assert_faults(result, [f"@DIR@/{name}.conf:{fault}" for fault in faults])


@pytest.mark.parametrize("name", CASES)
def test_they_are_not_used(name, shared_world):
    (shared_world.config / f"{name}.conf").write_bytes(CASES[name][0])
    result = golden.run(shared_world, "get", "-s", name)
    assert (result.status, result.out) == (78, "")


def test_other_characters_are_text(shared_world):
    (shared_world.config / "text.conf").write_text(
        "# grüß dich, 世界 \U0001f511\n\tany\tsufficient  debug.so  reason=é  remedy=\"\u00a0\u200b\"\n")
    golden.assert_faults(golden.run(shared_world, "check", "text"), [])
