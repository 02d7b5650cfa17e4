# SPDX-License-Identifier: MIT
"""The installed headers, for every standard of C and C++ that a program or a module may be written in.

The modules tests/abi/everything.c and tests/abi/nothing.c are C and C++ at once. (design, section 5)
"""

import itertools
import pathlib
import subprocess

import pytest
from stage import ROOT

SOURCES = pathlib.Path(__file__).parent.parent / "abi"
HEADERS = ["types.h", "keystile.h", "provider.h"]
C = {"gcc": ["-x", "c"], "clang": ["-x", "c"]}
CXX = {"g++": ["-x", "c++"], "clang++": ["-x", "c++"]}
STANDARDS = {**dict.fromkeys(["c99", "gnu99", "c11", "gnu11", "c17"], C),
             **dict.fromkeys(["c++11", "gnu++11", "c++14", "c++17", "c++20"], CXX)}
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wcast-align", "-Wcast-qual", "-Wconversion", "-Wshadow",
            "-Wsign-conversion", "-Wundef"]
LANGUAGES = [(compiler, standard) for standard, compilers in STANDARDS.items() for compiler in compilers]

in_every_language = pytest.mark.parametrize("compiler, standard", LANGUAGES)


def compile_text(compiler, standard, *args, text=None):
    """Compiles with every warning an error."""
    warnings = [*WARNINGS, "-Wold-style-cast"] if compiler in CXX else WARNINGS
    done = subprocess.run([compiler, f"-std={standard}", *warnings, f"-I{ROOT}/include",
                           "-x", "c++" if compiler in CXX else "c", *args], input=text, capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def orders():
    """Each header alone, all in each order; and all of them twice."""
    yield from ([header] for header in HEADERS)
    yield from itertools.permutations(HEADERS)
    yield HEADERS * 2


@in_every_language
def test_headers_compile_alone_and_in_each_order(compiler, standard):
    for headers in orders():
        # A use of each, so that a translation unit is not empty, which C forbids.
        text = "".join(f"#include <keystile/{header}>\n" for header in headers) + "extern enum ks_result result;\n"
        compile_text(compiler, standard, "-fsyntax-only", "-", text=text)


@pytest.mark.parametrize("compiler, standard", [language for language in LANGUAGES if language[0] in CXX])
def test_headers_can_be_included_inside_and_outside_of_what_is_c(compiler, standard):
    text = 'extern "C" {\n#include <keystile/keystile.h>\n}\nint main() { return ks_version() == NULL; }\n'
    compile_text(compiler, standard, "-fsyntax-only", "-", text=text)


def build_module(stage, name, compiler, standard):
    """From the header alone: a module needs nothing else of ours, and here nothing of libc."""
    path = stage.modules / f"{name}.so"
    compile_text(compiler, standard, "-fvisibility=hidden", "-fPIC", "-shared", "-nostdlib", "-o", str(path),
                 str(SOURCES / f"{name}.c"))
    path.chmod(0o755)


@in_every_language
def test_a_module_that_uses_everything_is_built_and_runs(stage, compiler, standard):
    build_module(stage, "everything", compiler, standard)
    found = stage.run("modules", "--json", "everything").json
    assert [option["name"] for option in found["modules"][0]["options"]] == [
        "string", "choice", "path", "url", "variable", "number", "duration", "name"]
    stage.write("any sufficient everything.so string=x choice=second")
    _, found = stage.explain()
    assert found["steps"][0]["result"] == "denied"
    assert found["steps"][0]["reason"].startswith("/dev/null ")
    # an option it cannot be without
    stage.write("any sufficient everything.so choice=second")
    result = stage.get()
    assert result.status == 78 and "string" in result.message


@in_every_language
def test_a_module_that_has_nothing_is_built_and_runs(stage, compiler, standard):
    build_module(stage, "nothing", compiler, standard)
    stage.write("any sufficient nothing.so")
    status, found = stage.explain()
    assert (status, found["steps"][0]["reason"]) == (1, "nothing is here")
