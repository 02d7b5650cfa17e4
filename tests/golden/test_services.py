"""Which file a service is: names, directories, operands."""

import golden
import pytest

RULE = "use lower-case letters, digits, - and _, beginning with a letter or digit, at most 64"
REQUIRED = "required has no meaning here, because the first credential ends the walk; write requisite"

ILL_FORMED = {
    "capital": ("Default", "'Default'"),
    "dots": ("a.b", "'a.b'"),
    "above": ("..", "'..'"),
    "suffix": ("default.conf", "'default.conf'"),
    "blank": ("a b", "'a b'"),
    "empty": ("", "''"),
    "leading-underscore": ("_ci", "'_ci'"),
    "not-ascii": ("grün", "'grün'"),
    "control-character": ("a\nb", "'a?b'"),
    "invalid-utf8": (b"a\xffb", "'a?b'"),
    "65-bytes": ("s" * 65, "a word of 65 bytes"),
    "a-key": ("sk-ant-api03-Canary", "a word of 19 bytes"),
}


def write(folder, name, text=golden.STACK):
    (folder / f"{name}.conf").write_text(text)


def debug(secret):
    return f"any  sufficient  debug.so  secret=sk-ant-api03-{secret}\n"


def secret(result):
    """Which of the secrets above was delivered."""
    assert (result.status, result.err) == (0, "")
    return result.out.removeprefix("sk-ant-api03-").rstrip("\n")


@pytest.mark.parametrize("case", ILL_FORMED)
@pytest.mark.parametrize("arguments", (["check", "--"], ["get", "-s"]), ids=("check", "get"))
def test_ill_formed_name(case, arguments, world):
    name, shown = ILL_FORMED[case]
    golden.assert_faults(golden.run(world, *arguments, name), [f"{shown} is not a service's name; {RULE}"])


@pytest.mark.parametrize("name, shown", (("../etc/default", "'../etc/default'"), ("-ci", "'-ci'")))
def test_ill_formed_name_of_get(name, shown, world):
    """To check, these are a file and an option."""
    write(world.config, "default")
    golden.assert_faults(golden.run(world, "get", "-s", name), [f"{shown} is not a service's name; {RULE}"])


@pytest.mark.parametrize("name", ("0", "a-b_c", "s" * 64))
def test_well_formed_name(name, world):
    write(world.config, name)
    golden.assert_faults(golden.run(world, "check", name), [])


def test_unknown_service(world):
    golden.assert_faults(golden.run(world, "check", "nosuch"), [
        "there is no service 'nosuch': neither @DIR@/nosuch.conf nor @VENDOR@/nosuch.conf exists;"
        " write the file or correct the name"])


@pytest.mark.parametrize("arguments", (["check", "nosuch"], ["get", "-s", "nosuch"]), ids=("check", "get"))
def test_a_named_service_never_falls_back(arguments, world):
    write(world.config, "default", debug("default"))
    write(world.vendor, "default", debug("default"))
    result = golden.run(world, *arguments)
    assert result.out == ""
    assert result.status == 78


def test_vendor_is_used_where_the_administrator_has_none(world):
    write(world.vendor, "default", debug("vendor"))
    assert secret(golden.run(world, "get")) == "vendor"
    world.config.rmdir()
    assert secret(golden.run(world, "get")) == "vendor"


def test_first_found_is_used_whole(world):
    write(world.config, "default", debug("administrator"))
    write(world.vendor, "default", debug("vendor"))
    assert secret(golden.run(world, "get")) == "administrator"
    result = golden.run(world, "check", "-v", "default")
    assert result.out == ("# default (@DIR@/default.conf)\n"
                          "any        sufficient  debug.so secret=sk-ant-api03-administrator  # @DIR@/default.conf:1\n")


@pytest.mark.parametrize("text, fault", (
    ("", ": the stack has no entries; write at least one line of transport, control and module"),
    ("any  required  env.so\n", f":1:6: {REQUIRED}"),
    ("include  nosuch\n", ":1:1: there is no service 'nosuch': neither @DIR@/nosuch.conf nor @VENDOR@/nosuch.conf"
     " exists; write the file or correct the name"),
), ids=("empty", "fault", "include"))
def test_broken_is_never_the_vendors_turn(text, fault, world):
    write(world.config, "default", text)
    write(world.vendor, "default", debug("vendor"))
    golden.assert_faults(golden.run(world, "get"), [f"@DIR@/default.conf{fault}"])


def test_includes_come_from_both_directories(world):
    write(world.config, "default", "include  one\ninclude  two\n")
    write(world.config, "one", debug("1"))
    write(world.vendor, "one", debug("2"))
    write(world.vendor, "two", debug("3"))
    result = golden.run(world, "check", "-v", "default")
    assert result.out == ("# default (@DIR@/default.conf)\n"
                          "any        sufficient  debug.so secret=sk-ant-api03-1  # @DIR@/one.conf:1\n"
                          "any        sufficient  debug.so secret=sk-ant-api03-3  # @VENDOR@/two.conf:1\n")


def test_vendor_includes_what_the_administrator_wrote(world):
    write(world.vendor, "default", "include  local\n")
    write(world.config, "local", debug("local"))
    assert secret(golden.run(world, "get")) == "local"


def test_config_dir_replaces_both(world):
    other = world.root / "other"
    other.mkdir()
    write(other, "default", debug("other"))
    write(world.config, "default", debug("administrator"))
    write(world.vendor, "vendor", debug("vendor"))
    assert secret(golden.run(world, "get", "--config-dir", str(other))) == "other"
    golden.assert_faults(golden.run(world, "get", "--config-dir", str(other), "-s", "vendor"), [
        "there is no service 'vendor': @ROOT@/other/vendor.conf does not exist; write the file or correct the name"])


@pytest.mark.parametrize("arguments", (["check", "default"], ["get"], ["check", "etc/default.conf"]),
                         ids=("check", "get", "file"))
def test_relative_config_dir(arguments, world):
    write(world.config, "default", debug("administrator"))
    result = golden.run(world, *arguments, "--config-dir", "etc", cwd=world.root)
    assert (result.status, result.err) == (0, "")


def test_missing_config_dir(world):
    missing = str(world.root / "nosuch")
    golden.assert_faults(golden.run(world, "check", "--config-dir", missing, "default"), [
        "there is no service 'default': @ROOT@/nosuch/default.conf does not exist; write the file or correct the name"])
    golden.assert_faults(golden.run(world, "check", "--config-dir", missing), [
        "@ROOT@/nosuch cannot be read: No such file or directory; mend the path or its permissions"])


def test_no_service_at_all(world):
    faults = ["no service is configured; write a file such as default.conf"]
    golden.assert_faults(golden.run(world, "check"), faults)
    world.config.rmdir()
    world.vendor.rmdir()
    golden.assert_faults(golden.run(world, "check"), faults)


def test_check_without_an_operand_takes_every_service(world):
    for folder, name, text in ((world.config, "b", "any  required  env.so\nany  optional  env.so\n"),
                               (world.vendor, "b", "never read"),
                               (world.config, "a", golden.STACK),
                               (world.vendor, "c", "any  required  env.so\n"),
                               (world.config, ".hidden", "never read"),
                               (world.vendor, "Capital", "never read")):
        write(folder, name, text)
    (world.config / "a.conf.bak").write_text("never read")
    (world.config / "README").write_text("never read")
    golden.assert_faults(golden.run(world, "check"), [
        f"'Capital' is not a service's name; {RULE}",
        f"@DIR@/b.conf:1:6: {REQUIRED}",
        "@DIR@/b.conf:2:6: optional has no meaning here, because the first credential ends the walk; write sufficient",
        f"@VENDOR@/c.conf:1:6: {REQUIRED}"])


def test_several_operands(world):
    write(world.config, "a", "any  required  env.so\n")
    write(world.config, "b")
    write(world.config, "c", "any  required  env.so\n")
    golden.assert_faults(golden.run(world, "check", "c", "b", str(world.config / "a.conf")), [
        f"@DIR@/c.conf:1:6: {REQUIRED}", f"@DIR@/a.conf:1:6: {REQUIRED}"])


def test_file_operand(world):
    """Its includes come from its own folder, its name is free, and it need not be beside the others."""
    write(world.config, "common", "never read")
    write(world.home, "common", debug("common"))
    (world.home / "Draft 1.txt").write_text("include  common\nany  sufficient  env.so\n")
    for operand in ("./Draft 1.txt", ".//./Draft 1.txt", str(world.home / "Draft 1.txt")):
        result = golden.run(world, "check", "-v", operand, cwd=world.home)
        assert result.err == ""
        assert result.out == ("# Draft 1.txt (@HOME@/Draft 1.txt)\n"
                              "any        sufficient  debug.so secret=sk-ant-api03-common  # @HOME@/common.conf:1\n"
                              "any        sufficient  env.so  # @HOME@/Draft 1.txt:2\n")


def test_file_operand_below_the_working_directory(world):
    write(world.config, "ci", "any  required  env.so\ninclude  ci\n")
    golden.assert_faults(golden.run(world, "check", "etc/ci.conf", cwd=world.root), [
        f"@DIR@/ci.conf:1:6: {REQUIRED}", "@DIR@/ci.conf:2:1: 'ci' includes itself; remove one of the includes"])


def test_file_operand_with_a_config_dir(world):
    write(world.config, "common", debug("common"))
    write(world.home, "draft", "include  common\ninclude  nosuch\n")
    golden.assert_faults(
        golden.run(world, "check", "--config-dir", str(world.config), "./draft.conf", cwd=world.home), [
            "@HOME@/draft.conf:2:1: there is no service 'nosuch': @DIR@/nosuch.conf does not exist;"
            " write the file or correct the name"])


def test_option_its_module_refuses(world):
    """What a module says about its options counts for check, which opens it, and for the request that reaches it."""
    write(world.config, "default", "any  sufficient  debug.so  result=ok  refuse=this\n")
    result = golden.run(world, "check", "default")
    assert result.err.startswith("keystile: @DIR@/default.conf:1:46: option refuse was told to be refused")
    assert result.err.count("\n") == 1
    assert (result.status, result.out) == (78, "")
    result = golden.run(world, "get")
    assert (result.status, result.out) == (78, "")
