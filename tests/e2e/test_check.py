# SPDX-License-Identifier: MIT
"""keystile check: every fault of a stack, without asking any backend (design, sections 3 and 8)."""

import os
import time

import pytest
from stage import BUILD, INSTALLED, entry

SERVICE_KEYS = {"service", "file", "ok", "entries", "faults"}
FAULT_KEYS = {"file", "line", "column", "result", "reason", "remedy", "note"}


def debug(transport="any", control="sufficient", **options):
    """An entry of debug.so that holds no secret: `check -v` shows every option."""
    return entry("debug", transport, control, **options)


def check_json(stage, *args):
    result = stage.run("check", "--json", *args)
    assert result.json["version"] == 1
    return result.status, result.json["services"]


# --- what it says ---------------------------------------------------------------------------------------------------

def test_a_stack_without_faults_is_silent(stage):
    stage.write(entry("env"), debug())
    result = stage.run("check", "default")
    assert (result.status, result.out, result.err) == (0, "", "")


def test_every_fault_is_told_with_its_place(stage):
    path = stage.write("any sufficient nowhere.so", "both sufficient env.so", "any perhaps env.so",
                       "any sufficient env.so nonsense=1 kind=other", "any sufficient")
    result = stage.run("check", "default")
    assert (result.status, result.out) == (78, "")
    places = [message.split(": ")[0] for message in result.messages]
    assert [place.rpartition(":")[0] for place in places] == [f"{path}:{line}" for line in (1, 2, 3, 4, 4, 5)]
    assert places[:4] == [f"{path}:1:16", f"{path}:2:1", f"{path}:3:5", f"{path}:4:23"]


def test_opening_reports_every_fault_as_well(stage):
    stage.write("any sufficient nowhere.so", "both sufficient env.so", "any perhaps env.so")
    for args in (["get"], ["exec", "true"], ["explain"]):
        result = stage.run(*args)
        assert (result.status, len(result.messages)) == (78, 3)


@pytest.mark.parametrize("line", [
    "any sufficient env.so nonsense=1", "any sufficient env.so var=A var=B", "any sufficient env.so kind=password",
    "any sufficient env.so var=1A", "any sufficient env.so base-url=gateway.example", "any sufficient env.so var",
    "any sufficient env.so var=", "any sufficient env.so @nonsense=1",
    "any sufficient env.so @timeout=1s @timeout=2s",
    "any sufficient env.so @accept=sk-ant-api03-", "any sufficient env.so @isolate=thread",
    "any sufficient debug.so delay=soon",
    "set x=y", "api,cli sufficient env.so", "any sufficient env", "any sufficient env.so.so", "any env.so",
    'any sufficient env.so var="A', 'any sufficient env.so var="\\n"', "any sufficient env.so\r",
    "any sufficient env.so \x01", "\ufeffany sufficient env.so",
])
def test_what_cannot_be_right_is_an_error_when_the_stack_is_opened(stage, line):
    path = stage.write(debug(), line)
    for args in (["get"], ["check", "default"]):
        result = stage.run(*args)
        assert (result.status, result.out) == (78, "")
        assert result.message.startswith(f"{path}:2:")


def test_isolate_none_is_what_is_done_anyway(stage):
    stage.write(debug(at_isolate="none"))
    assert stage.run("check", "default").status == 0


def test_an_option_that_a_module_refuses_is_a_fault(stage):
    path = stage.write(debug(), debug(refuse="now"))
    result = stage.run("check", "default")
    assert result.status == 78
    assert result.message.startswith(f"{path}:2:") and "refuse" in result.message


def test_check_opens_modules_and_asks_nothing(stage):
    stage.write(debug(delay="1m"), debug(result="denied"))
    begin = time.monotonic()
    assert stage.run("check", "default").status == 0
    assert time.monotonic() - begin < 5


def test_a_module_that_will_not_load_is_a_fault_for_check(stage):
    data = bytearray((stage.modules / "debug.so").read_bytes())
    name = data.find(b"keystile_provider_v1\0")
    data[name:name + 8] = b"xxxxxxxx"
    (stage.modules / "debug.so").write_bytes(bytes(data))
    stage.write(entry("env"), debug())
    assert stage.get(env={"ANTHROPIC_API_KEY": "sk-ant-api03-CANARY"}).status == 0
    result = stage.run("check", "default")
    assert result.status in (70, 78) and "debug.so" in result.messages[0]


@pytest.mark.parametrize("lines, number", [
    ([debug(control="requisite"), debug()], 2),
    ([debug(control="[denied=fail]"), "# comment", debug("cli")], 3),
    ([entry("login", transport="api")], 1),
])
def test_what_opens_and_can_never_work_is_a_fault_for_check_alone(stage, lines, number):
    stage.install("login")
    path = stage.write(*lines)
    result = stage.run("check", "default")
    assert result.status == 78 and result.message.startswith(f"{path}:{number}:")
    assert stage.run("explain").status in (0, 1)


@pytest.mark.parametrize("lines", [
    [debug("api", "requisite"), debug("cli")],
    [debug("api", "requisite"), debug("any")],
    [debug(control="binding"), debug()],
    [debug(control="sufficient"), debug()],
    [debug(control="[default=fail expired=next]"), debug()],
])
def test_an_entry_that_some_request_reaches_is_no_fault(stage, lines):
    stage.write(*lines)
    assert stage.run("check", "default").status == 0


# --- operands -------------------------------------------------------------------------------------------------------

def test_without_operands_every_service_is_checked(stage):
    stage.write(debug(), service="good")
    stage.write("nonsense", service="bad")
    stage.write("nonsense", service="vendors", place=stage.vendor)
    stage.write("nonsense", service="good", place=stage.vendor)
    result = stage.run("check")
    assert result.status == 78
    assert sorted(message.split(":")[0] for message in result.messages) == [
        str(stage.config / "bad.conf"), str(stage.vendor / "vendors.conf")]


def test_without_operands_and_without_faults_check_is_silent(stage):
    stage.write(debug())
    stage.write(debug(), service="ci", place=stage.vendor)
    assert (stage.run("check").status, stage.run("check").err) == (0, "")


def test_no_service_at_all_is_told(stage):
    result = stage.run("check")
    assert result.status == 78 and result.message


def test_a_file_with_an_ill_formed_name_is_told_and_not_passed_over(stage):
    stage.write(debug(), service="Upper")
    assert stage.run("check").status == 78


def test_several_operands_are_all_checked(stage):
    stage.write(debug(), service="good")
    stage.write("nonsense", service="bad")
    stage.write("nonsense", service="worse")
    result = stage.run("check", "bad", "good", "worse")
    assert result.status == 78 and len(result.messages) == 2


def test_an_unknown_service_is_a_fault(stage):
    result = stage.run("check", "unknown")
    assert result.status == 78 and "unknown" in result.message


def test_an_operand_with_a_slash_is_a_file(stage):
    path = stage.write("nonsense", service="ci", place=stage.work)
    for operand in (str(path), "./ci.conf", "../here/ci.conf"):
        result = stage.run("check", operand)
        assert result.status == 78 and "ci.conf:1:" in result.message
    stage.write(debug(), service="ci", place=stage.work)
    assert stage.run("check", "./ci.conf").status == 0


def test_a_file_may_have_any_name(stage):
    path = stage.work / "Some Stack"
    path.write_text(debug() + "\n", encoding="utf-8")
    assert stage.run("check", str(path)).status == 0


def test_a_file_finds_its_includes_beside_it(stage):
    path = stage.write("include common", service="ci", place=stage.work)
    stage.write("nonsense", service="common", place=stage.work)
    stage.write(debug(), service="common")
    assert stage.run("check", str(path)).status == 78
    assert stage.run("--config-dir", str(stage.config), "check", str(path)).status == 0


def test_a_file_that_is_not_there_is_a_fault(stage):
    result = stage.run("check", "./nowhere.conf")
    assert result.status == 78 and "nowhere.conf" in result.message


@pytest.mark.parametrize("loosen", [
    lambda path: path.chmod(0o666),
    lambda path: os.chown(path, 12345, 12345),
    lambda path: path.parent.chmod(0o777),
], ids=["mode", "owner", "folder"])
@pytest.mark.needs_root
def test_ownership_and_mode_of_a_file_operand_are_notes_and_of_a_service_faults(stage, loosen):
    path = stage.write(debug())
    loosen(path)
    result = stage.run("check", "default")
    assert result.status == 78 and str(path) in result.message
    result = stage.run("check", str(path))
    assert (result.status, result.err) == (0, "")
    result = stage.run("check", "-v", str(path))
    assert result.status == 0 and "note" in result.message


# --- -v and --json --------------------------------------------------------------------------------------------------

def test_verbose_prints_the_stack_as_it_will_run(stage):
    stage.write("# comment", "api\tbinding  env.so \\", "   kind=gateway-token @timeout=3s", "include common")
    stage.write(debug("cli", "[denied=next]", result="denied", reason='a "b"'), service="common")
    result = stage.run("check", "-v", "default")
    assert (result.status, result.err) == (0, "")
    rows = [line.split("  # ")[0].split() for line in result.out.splitlines() if not line.startswith("#")]
    assert rows[0] == ["api", "binding", "env.so", "kind=gateway-token", "@timeout=3s"]
    assert rows[1][:4] == ["cli", "[denied=next]", "debug.so", "result=denied"]
    assert str(stage.config / "common.conf") + ":1" in result.out


def test_what_verbose_prints_is_a_stack_itself(stage):
    stage.write("include common", debug(reason='quotes " and \\ and # here', result="denied"))
    stage.write(entry("env", at_timeout="3s"), debug("cli", "[denied=next expired=fail]", result="expired"),
                service="common")
    (stage.config / "again.conf").write_text(stage.run("check", "-v", "default").out, encoding="utf-8")
    first, second = stage.explain("-s", "default")[1], stage.explain("-s", "again")[1]
    assert [step["reason"] for step in first["steps"]] == [step["reason"] for step in second["steps"]]
    assert [step["control"] for step in first["steps"]] == [step["control"] for step in second["steps"]]


def test_json_of_a_stack_without_faults(stage):
    path = stage.write(entry("env", kind="gateway-token", at_timeout="3s"), service="ci")
    status, (service,) = check_json(stage, "ci")
    assert status == 0 and set(service) == SERVICE_KEYS
    assert (service["service"], service["file"], service["ok"], service["faults"]) == ("ci", str(path), True, [])
    (found,) = service["entries"]
    assert (found["file"], found["line"], found["transport"], found["control"], found["module"]) == (
        str(path), 1, "any", "sufficient", "env.so")


def test_json_of_faults(stage):
    path = stage.write("any sufficient nowhere.so", "any sufficient env.so nonsense=1", service="ci")
    status, (service,) = check_json(stage, "ci")
    assert status == 78 and set(service) == SERVICE_KEYS
    assert (service["service"], service["file"], service["ok"]) == ("ci", str(path), False)
    assert all(set(fault) == FAULT_KEYS and fault["reason"] for fault in service["faults"])
    assert [(fault["file"], fault["line"], fault["result"], fault["note"]) for fault in service["faults"]] == [
        (str(path), 1, "misconfigured", False), (str(path), 2, "misconfigured", False)]


@pytest.mark.parametrize("operand", ["./a\x01\x1fb", './a"b\\c', "./a\u00e9", "./a\udcffb"])
def test_json_stays_json_whatever_the_operand_is(stage, operand):
    result = stage.run("check", "--json", operand)
    assert result.status == 78 and len(result.json["services"]) == 1


def test_json_of_notes(stage):
    path = stage.write(debug())
    path.chmod(0o666)
    status, (service,) = check_json(stage, str(path))
    assert (status, service["ok"], service["faults"][0]["note"]) == (0, True, True)


def test_json_of_several_services(stage):
    stage.write(debug(), service="good")
    stage.write("nonsense", service="bad")
    status, services = check_json(stage)
    assert status == 78
    assert {service["service"]: service["ok"] for service in services} == {"good": True, "bad": False}


@pytest.mark.parametrize("args", [["--json"], ["-v"]])
def test_an_output_that_cannot_be_written_is_70(stage, args):
    stage.write(debug())
    with open("/dev/full", "wb") as full:
        assert stage.run("check", *args, stdout=full).status == 70


def test_config_dir_replaces_both_directories(stage):
    other = stage.make("other")
    stage.write("nonsense")
    stage.write("nonsense", service="vendors", place=stage.vendor)
    stage.write(debug(), service="only", place=other)
    status, services = check_json(stage, "--config-dir", str(other))
    assert (status, [service["service"] for service in services]) == (0, ["only"])


# --- what is installed ----------------------------------------------------------------------------------------------

def test_the_vendors_default_has_no_fault(stage):
    result = stage.run("check", "default", command=INSTALLED)
    assert (result.status, result.err) == (0, "")


def examples():
    return sorted((BUILD / "root" / "share" / "doc" / "keystile" / "examples").glob("*.conf"))


def test_there_are_examples():
    assert examples()


# Valgrind does not know how a worker is started.
@pytest.mark.parametrize("path", [pytest.param(path, marks=[pytest.mark.no_memcheck] * path.stem.startswith("vault"))
                                  for path in examples()], ids=lambda path: path.stem)
def test_an_example_has_no_fault(stage, path):
    result = stage.run("check", str(path), command=INSTALLED)
    assert (result.status, result.err) == (0, "")
