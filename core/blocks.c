/* SPDX-License-Identifier: MIT */
#include "core/blocks.h"

#include <keystile/provider.h>
#include <string.h>

#include "core/secret.h"

struct ks_block {
	struct ks_block *next;
	_Alignas(max_align_t) char bytes[];
};

void *ks_blocks_alloc(struct ks_blocks *blocks, size_t size)
{
	struct ks_block *block = size <= KS_HOST_SECRET_MAX ? ks_secret_alloc(sizeof(*block) + size) : NULL;

	if (!block)
		return NULL;
	block->next = blocks->first;
	blocks->first = block;
	return block->bytes;
}

char *ks_blocks_copy(struct ks_blocks *blocks, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *copy = ks_blocks_alloc(blocks, size);

	return copy ? memcpy(copy, text, size) : NULL;
}

void ks_blocks_free(struct ks_blocks *blocks)
{
	struct ks_block *next = NULL;

	for (struct ks_block *block = blocks->first; block; block = next) {
		next = block->next;
		(void)ks_secret_free(block);
	}
	blocks->first = NULL;
}
