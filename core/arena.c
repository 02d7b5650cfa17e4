/* SPDX-License-Identifier: MIT */
#include "core/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A build for tests makes it small, so that every single allocation can fail. */
#ifndef KS_ARENA_BLOCK_SIZE
#define KS_ARENA_BLOCK_SIZE (8 * 1024)
#endif

enum {
	BLOCK_SIZE = KS_ARENA_BLOCK_SIZE,
	ALIGNMENT = 16
};

struct ks_arena_block {
	struct ks_arena_block *next;
	size_t used, size;
	_Alignas(ALIGNMENT) char bytes[];
};

void *ks_arena_alloc(struct ks_arena *arena, size_t size)
{
	struct ks_arena_block *block = arena->blocks;
	size_t room = 0;
	void *memory = NULL;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!block || block->size - block->used < size) {
		room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
		block = calloc(1, sizeof(*block) + room);
		if (!block)
			return NULL;
		block->size = room;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	memory = block->bytes + block->used;
	block->used += size;
	return memory;
}

char *ks_arena_copy(struct ks_arena *arena, const char *text, size_t length)
{
	char *copy = length < SIZE_MAX ? ks_arena_alloc(arena, length + 1) : NULL;

	if (copy && length > 0)
		memcpy(copy, text, length);
	return copy;
}

char *ks_arena_print(struct ks_arena *arena, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	int length = 0;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		return NULL;
	text = ks_arena_alloc(arena, (size_t)length + 1);
	if (!text)
		return NULL;
	va_start(arguments, format);
	(void)vsnprintf(text, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return text;
}

void ks_arena_finish(struct ks_arena *arena)
{
	struct ks_arena_block *next = NULL;

	for (struct ks_arena_block *block = arena->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	arena->blocks = NULL;
}
