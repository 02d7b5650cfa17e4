#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a C program that prints the layout of the interfaces, from what the headers declare.

    layout.py HEADER... OUTPUT

The program prints one line for each structure, member, enumerator, number, text and function, as offsets.txt has
them. Names come from the headers, numbers from the compiler. Where a gap between two members is wider than alignment
needs, this program has overlooked a member, and the printed line says so.
"""

import pathlib
import re
import sys

PROGRAM = r"""/* made by tests/abi/layout.py */
#include <keystile/types.h>
#include <keystile/keystile.h>
#include <keystile/provider.h>
#include <stdio.h>

#if __SIZEOF_POINTER__ != 8 || __SIZEOF_LONG__ != 8
#error "offsets.txt is for machines with 64-bit long and pointers"
#endif

/* Says whether `offset` is where a member of that alignment comes behind one that ends at `end`. */
static const char *gap(size_t offset, size_t end, size_t alignment)
{
	return offset == (end + alignment - 1) / alignment * alignment ? "" : " behind a member that is not listed";
}

int main(void)
{
	size_t end = 0;

%s
	return 0;
}
"""


def plain(text):
    """Without comments and directives, and with one blank where there was any white space or none at all."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    text = re.sub(r"^#.*?[^\\]$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<=\() | (?<=\* )(?=\w)", "", re.sub(r"\s+", " ", text)).strip()


def declared(declaration):
    """The names that one declaration of members declares, each with its own declaration."""
    function = re.match(r".*?\(\*(\w+)\)\(", declaration)
    if function:
        return [(function[1], declaration)]
    variables = re.fullmatch(r"(.*?[ *])(\w+(?:\[\w+\])?(?:, \w+)*)", declaration)
    if not variables:
        sys.exit(f"layout.py: cannot read: {declaration}")
    specifiers, names = variables.groups()
    return [(re.match(r"\w+", name)[0], specifiers + name) for name in names.split(", ")]


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '\\n"'


def structure(name, body):
    kind = f"struct {name}"
    yield "\tend = 0;"
    for declaration in body.split(";")[:-1]:
        for member, text in declared(declaration.strip()):
            offset = f"offsetof({kind}, {member})"
            size = f"sizeof((({kind} *)NULL)->{member})"
            yield (f"\tprintf({quote(f'{name}.{member} at %zu, %zu bytes: {text}%s')}, ".replace("%%", "%") +
                   f"{offset}, {size}, gap({offset}, end, __alignof__((({kind} *)NULL)->{member})));")
            yield f"\tend = {offset} + {size};"
    yield (f'\tprintf("{kind}, %zu bytes%s\\n", sizeof({kind}), gap(sizeof({kind}), end, __alignof__({kind})));')


def header(text):
    """The statements for what a header declares, in its order."""
    code = plain(text)
    for name, value in re.findall(r'^#define (KS_\w+[A-Z0-9]) ("[^"]*"|\w+)(?: .*)?$', text, re.MULTILINE):
        form = "%s" if value.startswith('"') else "%lld"
        yield f'\tprintf("{name} is {form}\\n", {value if form == "%s" else f"(long long){name}"});'
    for body in re.findall(r"\benum(?: \w+)? \{(.*?)\}", code):
        for constant in body.split(","):
            name = constant.split("=")[0].strip()
            yield f'\tprintf("{name} is %lld\\n", (long long){name});'
    for name, body in re.findall(r"\bstruct (\w+) \{(.*?)\}", code):
        yield from structure(name, body)
    for function in re.findall(r"(?<=; )(?:const )?(?:\w+ )+\**ks_\w+\([^()]*(?:\([^()]*\)[^()]*)*\)(?=;)", code):
        yield f"\tprintf({quote(function)});"


def main():
    *headers, output = map(pathlib.Path, sys.argv[1:])
    statements = [line for path in headers for line in header(path.read_text(encoding="utf-8"))]
    output.write_text(PROGRAM % "\n".join(statements), encoding="utf-8")


main()
