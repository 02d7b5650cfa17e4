/* SPDX-License-Identifier: MIT */
/*
 * Where an ELF file keeps its Keystile note.
 */
#ifndef KEYSTILE_CORE_ELFNOTE_H
#define KEYSTILE_CORE_ELFNOTE_H

#include <stddef.h>

#include "core/arena.h"
#include "core/problem.h"

/*
 * Finds the one Keystile note of the shared object open at `fd`, with pread(2); nothing is mapped. The file must be
 * for this machine. *ret_content lives in the arena. Returns 0 or a negative errno and *problem (KS_MISCONFIGURED,
 * KS_ERROR).
 */
int ks_elf_find_note(
	int fd, struct ks_arena *arena, const void **ret_content, size_t *ret_size, struct ks_problem *problem);

#endif
