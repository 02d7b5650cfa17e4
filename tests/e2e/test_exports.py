# SPDX-License-Identifier: MIT
"""What the shared objects give to others and what they need: names, libraries, and how they ask to be loaded.

(design, sections 5, 6 and 9)
"""

import pathlib
import re
import subprocess

import pytest
from stage import BUILD, LIBDIR, PROVIDERS, ROOT, SANITIZERS

LIBRARY = LIBDIR / "libkeystile.so"
TREE = pathlib.Path(__file__).parent.parent.parent
# The providers as they are installed, and the modules of the tests that are good ones.
TEST_MODULES = ["debug", "first-line", "login", "typed", "abi/probe-this", "abi/probe-next"]
MODULES = [LIBDIR / "keystile" / f"{name}.so" for name in PROVIDERS] + [
    BUILD / "tests" / f"{name}.so" for name in TEST_MODULES]

every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
every_object = pytest.mark.parametrize("path", [*MODULES, LIBRARY], ids=lambda path: path.stem)

# What libc is called here and there, and what a sanitizer brings along.
LIBC = {"libc", "ld-linux-x86-64", "ld-linux-aarch64"} | ({"libasan", "libtsan", "libubsan"} if SANITIZERS else set())
# What else a module may need, where it is made for a network: that keeps it out of the caller's process.
OF_A_NETWORK = {"vault": {"libcurl", "libjansson", "libmd", "libresolv"}}
# What changes the process, or leaves something in it (provider.h, rules 5 and 6). Memory of a thread's own that
# __tls_get_addr() finds is allocated when it is first used; where there is none, that ends the process.
FORBIDDEN = set("""
    __tls_get_addr _exit abort atexit chdir chroot clone close_range dlopen dup2 dup3 error execve exit fchdir fork
    fprintf fputs fwrite longjmp openlog perror popen posix_spawn printf pthread_atfork pthread_create
    pthread_key_create putchar putenv puts raise setegid setenv seteuid setgid setlocale setrlimit setuid sigaction
    siglongjmp signal sigprocmask stderr stdout syslog system tcsetattr umask unsetenv vfork vfprintf vprintf
    vsyslog warn warnx
    """.split())


def run(*args):
    return subprocess.run([str(arg) for arg in args], capture_output=True, text=True, timeout=30, check=True).stdout


def symbols(path, which):
    return [line.split()[-1] for line in run("nm", "-D", which, path).splitlines()]


def imports(path):
    return {name.split("@")[0] for name in symbols(path, "--undefined-only")}


def dynamic(path):
    return run("readelf", "-dW", path)


def needs(path):
    return {name.split(".so")[0] for name in re.findall(r"NEEDED.*\[(.*)\]", dynamic(path))}


def segment_flags(path, name):
    """How the segment called `name` is to be mapped, "RW". It must be there."""
    return re.search(rf"^ *{name}(?: +0x[0-9a-f]+){{5}} ([RWE ]{{3}})", run("readelf", "-lW", path), re.MULTILINE)[1]


# --- modules --------------------------------------------------------------------------------------------------------

def test_all_that_is_installed_is_looked_at():
    assert sorted(MODULES[:len(PROVIDERS)]) == sorted((LIBDIR / "keystile").iterdir())


@every_module
def test_a_module_exports_one_symbol(path):
    assert symbols(path, "--defined-only") == ["keystile_provider_v1"]


@every_module
def test_a_module_needs_libc_alone(path):
    assert needs(path) <= LIBC | OF_A_NETWORK.get(path.stem, set())


@every_module
def test_a_module_imports_nothing_that_changes_the_process(path):
    assert imports(path) & FORBIDDEN == set()


@every_module
def test_a_module_runs_nothing_when_it_is_loaded(path):
    tags = dynamic(path)
    assert "PREINIT_ARRAY" not in tags
    # the compiler has a function of its own before and one behind; a sanitizer, one for each source
    if not SANITIZERS:
        assert re.findall(r"(?:INIT|FINI)_ARRAYSZ\) +(\d+) \(bytes\)", tags) == ["8", "8"]


# --- modules and the library ----------------------------------------------------------------------------------------

@every_object
def test_an_object_is_bound_at_once_and_for_good(path):
    tags = dynamic(path)
    assert re.search(r"\(FLAGS\).*\bBIND_NOW\b", tags)
    assert re.search(r"\(FLAGS_1\).*\bNOW\b", tags)
    assert re.search(r"\(FLAGS_1\).*\bNODELETE\b", tags)
    assert segment_flags(path, "GNU_RELRO") == "R  "


@every_object
def test_an_object_has_no_memory_that_is_code_and_can_be_written(path):
    assert segment_flags(path, "GNU_STACK") == "RW "
    assert "TEXTREL" not in dynamic(path)
    assert not re.search(r"^ *LOAD.* RWE ", run("readelf", "-lW", path), re.MULTILINE)


@every_object
def test_an_object_is_found_by_no_path_of_its_own(path):
    assert not re.search(r"\((RPATH|RUNPATH)\)", dynamic(path))


# --- the library ----------------------------------------------------------------------------------------------------

def declared_functions():
    header = (ROOT / "include" / "keystile" / "keystile.h").read_text(encoding="utf-8")
    return set(re.findall(r"\b(ks_\w+)\(", re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)))


def test_the_library_exports_versioned_symbols_alone():
    exported = symbols(LIBRARY, "--defined-only")
    assert "ks_open@@KEYSTILE_1" in exported
    assert [name for name in exported if not re.fullmatch(r"(ks_\w+@)?@?KEYSTILE_[0-9.]+", name)] == []


def test_every_function_of_the_header_is_exported_and_nothing_else():
    exported = {name.split("@")[0] for name in symbols(LIBRARY, "--defined-only") if name.startswith("ks_")}
    assert exported == declared_functions()
    # a name in the map that is no function would be passed over in silence
    assert exported == set(re.findall(r"\bks_\w+", (TREE / "core" / "libkeystile.map").read_text(encoding="utf-8")))


def test_every_function_has_its_place_in_the_manual():
    page = (TREE / "man" / "keystile.3").read_text(encoding="utf-8")
    assert set(re.findall(r"^\.Nm (ks_\w+)", page, re.MULTILINE)) == declared_functions()
    synopsis = page.split(".Sh SYNOPSIS")[1].split(".Sh DESCRIPTION")[0]
    assert set(re.findall(r"^\.F[no] (ks_\w+)", synopsis, re.MULTILINE)) == declared_functions()


def test_the_library_leaves_syslog_to_the_application():
    assert not {"syslog", "vsyslog", "openlog", "closelog", "setlogmask"} & imports(LIBRARY)


def test_the_library_needs_no_more_than_libc_and_libmd():
    assert needs(LIBRARY) <= LIBC | {"libmd"}
