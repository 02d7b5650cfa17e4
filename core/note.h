/* SPDX-License-Identifier: MIT */
/*
 * A module's ELF note: what the core knows of a module before any of its code runs.
 */
#ifndef KEYSTILE_CORE_NOTE_H
#define KEYSTILE_CORE_NOTE_H

#include <keystile/provider.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/problem.h"

struct ks_manifest {
	uint16_t abi_major, abi_minor;
	uint32_t flags, transports, kinds; /* as the note has them: bits this core does not know mean nothing */
	const char *name, *version, *summary;
	struct ks_option *options;
	uint32_t option_count;
	const char **environment;
	uint32_t environment_count;
};

enum {
	KS_NOTE_MAX = 32 * 1024,
	KS_OPTIONS_MAX = 128,     /* options a module may declare */
	KS_ENVIRONMENT_MAX = 128, /* variables a module may declare */
	KS_PROGRAM_HEADERS_MAX = 64
};

/*
 * Reads the note of the module open at `fd` (with pread(2); nothing is mapped) into the arena. The file must be an
 * ELF shared object for this machine with exactly one Keystile note of a major version this core has. Everything in
 * it is hostile input: sizes and counts are checked before they are used, text is printable UTF-8, names and types
 * are well-formed, flags that must be understood are (KS_PROVIDER_HEAP_SECRETS is not), at least one transport and
 * one kind are known. In a note of a later minor version, lines and fields this core does not know are passed over.
 * Returns 0 or a negative errno and *problem (KS_MISCONFIGURED: not a module, built for another machine or version;
 * KS_ERROR: cannot be read).
 */
int ks_note_read(int fd, struct ks_arena *arena, struct ks_manifest *ret_manifest, struct ks_problem *problem);

/* The same for a note's content in memory: a head and its text. Where the fuzzer enters. */
int ks_note_parse(const void *content, size_t size, struct ks_arena *arena, struct ks_manifest *ret_manifest,
	struct ks_problem *problem);

/* The word of an option's type ("PATH"), as it stands in the note; NULL for a number that is none. */
const char *ks_option_type_name(uint32_t type);

#endif
