#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Copies a source of Keystile, as the next minor version of its interfaces would have it.

    next_minor.py INPUT OUTPUT

Each structure that may grow has a new last member, `next_minor`, which holds KS_NEXT_MINOR. There is a function of the
host, a line of the note and a type of option that this version does not know, and the core does with them what it must.
A source that is not named below is copied as it is. What a change expects and does not find is an error, and so is a
structure that begins with its size and is not named: this program is not to fall behind in silence.
"""

import pathlib
import re
import sys

# The new member of each structure that may grow. None lies where the old structure had padding: see offsets.txt.
MEMBER = "uint64_t next_minor;"
GROWING = {
    "keystile.h": {name: MEMBER for name in
                   ("ks_error", "ks_fault", "ks_open_options", "ks_request", "ks_step")},
    "provider.h": {
        "ks_provider_request": MEMBER,
        "ks_delivery": MEMBER,
        "ks_provider": MEMBER,
        "ks_note_head": "uint32_t next_minor;",  # is aligned to four bytes
        "ks_host": "uint64_t (*next_minor)(const struct ks_host *host);",
    },
}

# (what stands there once, what is put in its place)
CHANGES = {
    "types.h": [
        ("#include <stdint.h>\n", "#include <stdint.h>\n\n#define KS_NEXT_MINOR 4711\n"),
    ],
    "keystile.h": [
        ('KS_OK, ""', 'KS_OK, "", 0'),
    ],
    "provider.h": [
        ("\t\t\tclose_,", "\t\t\tclose_, KS_NEXT_MINOR,"),
        ("sizeof(text_)},", "sizeof(text_), KS_NEXT_MINOR},"),
        ("\t\tENVIRONMENT(KS_NOTE_VARIABLE_)", '\t\tENVIRONMENT(KS_NOTE_VARIABLE_) "next-minor\\tyes\\n"'),
        ("KS_TYPE_STRING = 1,", "KS_TYPE_NEXT_MINOR = 9, KS_TYPE_STRING = 1,"),
    ],
    "note.c": [
        ('[KS_TYPE_NAME] = "NAME",', '[KS_TYPE_NAME] = "NAME", [KS_TYPE_NEXT_MINOR] = "NEXT_MINOR",'),
        ("/* The first three are", """static int take_next_minor(struct parser *parser, char **fields)
{
	(void)parser;
	return strcmp(fields[1], "yes") == 0 ? 0 : -EINVAL;
}

/* The first three are"""),
        ('{"environment", 2, take_variable},',
         '{"environment", 2, take_variable}, {"next-minor", 2, take_next_minor},'),
    ],
    "option.c": [
        ("\tcase KS_TYPE_STRING:\n", "\tcase KS_TYPE_STRING:\n\tcase KS_TYPE_NEXT_MINOR:\n"),
    ],
    "host.c": [
        ("static int host_deliver(", """static uint64_t host_next_minor(const struct ks_host *host)
{
	(void)host;
	return KS_NEXT_MINOR;
}

static void log_next_minor(const struct ks_host *host, const struct ks_delivery *delivery)
{
	const struct ks_provider *provider = call_of(host)->entry->module->provider;
	char line[KS_REASON_MAX];

	(void)snprintf(line, sizeof(line), "delivery %d descriptor %d",
		KS_HAS(delivery, next_minor) ? (int)delivery->next_minor : 0,
		KS_HAS(provider, next_minor) ? (int)provider->next_minor : 0);
	host_log(host, KS_LOG_DEBUG, line);
}

static int host_deliver("""),
        ("\tbreach = ks_deliver(", "\tlog_next_minor(host, delivery);\n\tbreach = ks_deliver("),
        (".bad_option = host_bad_option,", ".bad_option = host_bad_option, .next_minor = host_next_minor,"),
        (".deadline = wish->deadline,", ".deadline = wish->deadline, .next_minor = KS_NEXT_MINOR,"),
    ],
    "trace.c": [
        ("step->size = sizeof(*step);", "step->size = sizeof(*step);\n\tstep->next_minor = KS_NEXT_MINOR;"),
    ],
    "report.c": [
        (".is_note = is_note,", ".is_note = is_note, .next_minor = KS_NEXT_MINOR,"),
    ],
}


def stop(source, reason):
    sys.exit(f"next_minor.py: {source}: {reason}")


def grow(source, text):
    """Appends the new members."""
    members = GROWING.get(source.name, {})
    found = set(re.findall(r"^struct (\w+) \{\n\t(?:size_t|uint32_t) size;", text, re.MULTILINE))
    if source.suffix == ".h" and found != set(members):
        stop(source, f"these structures begin with their size: {', '.join(sorted(found))}")
    for name, member in members.items():
        text = re.sub(rf"^struct {name} \{{\n.*?^(?=\}};)", rf"\g<0>\t{member}\n", text,
                      flags=re.MULTILINE | re.DOTALL)
    return text


def change(source, text):
    for old, new in CHANGES.get(source.name, []):
        if text.count(old) != 1:
            stop(source, f"expected once, found {text.count(old)} times: {old}")
        text = text.replace(old, new)
    return text


def raise_minor(source, text):
    text, count = re.subn(r"(?<=^#define KS_ABI_MINOR )\d+", lambda number: str(int(number[0]) + 1), text,
                          flags=re.MULTILINE)
    if count != (source.name == "provider.h"):
        stop(source, "KS_ABI_MINOR is not where it was")
    return text


def main():
    source, target = map(pathlib.Path, sys.argv[1:])
    text = source.read_text(encoding="utf-8")
    target.write_text(raise_minor(source, change(source, grow(source, text))), encoding="utf-8")


main()
