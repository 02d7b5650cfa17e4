/* SPDX-License-Identifier: MIT */
/*
 * Memory that is freed all at once: what a parsed stack is made of. No secrets in here.
 */
#ifndef KEYSTILE_CORE_ARENA_H
#define KEYSTILE_CORE_ARENA_H

#include <stddef.h>

struct ks_arena {
	struct ks_arena_block *blocks;
};

/* All return zeroed or NUL-terminated memory that lives until ks_arena_finish(), or NULL when memory is short. */
void *ks_arena_alloc(struct ks_arena *arena, size_t size);
char *ks_arena_copy(struct ks_arena *arena, const char *text, size_t length);
char *ks_arena_print(struct ks_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

void ks_arena_finish(struct ks_arena *arena);

#endif
