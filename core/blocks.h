/* SPDX-License-Identifier: MIT */
/*
 * Secret memory that a module asks its host for: freed, and so wiped, when the call is over.
 */
#ifndef KEYSTILE_CORE_BLOCKS_H
#define KEYSTILE_CORE_BLOCKS_H

#include <stddef.h>

struct ks_block;

struct ks_blocks {
	struct ks_block *first;
};

/* `size` zeroed bytes, aligned for any type; NULL where there are none, or more than KS_HOST_SECRET_MAX are asked. */
void *ks_blocks_alloc(struct ks_blocks *blocks, size_t size);

/* A copy of the text, with its NUL; NULL as above. */
char *ks_blocks_copy(struct ks_blocks *blocks, const char *text);

void ks_blocks_free(struct ks_blocks *blocks);

#endif
