/* SPDX-License-Identifier: MIT */
/* Frees a block twice, which the allocator sees, or does not. */
#include <stdlib.h>

#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	void *volatile block = malloc(64);
	void *volatile other = malloc(64);

	free(block);
	free(block); /* NOLINT(clang-analyzer-unix.Malloc): that is what it is for */
	free(other);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
