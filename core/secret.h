/* SPDX-License-Identifier: MIT */
/*
 * Secret memory: mappings of our own, locked where possible, left out of core dumps, wiped on free. A child of fork
 * sees zeros (MADV_WIPEONFORK) and starts with an empty pool; freeing its parent's blocks does nothing there. A pool
 * serves small blocks, so that a warm request makes no system call.
 */
#ifndef KEYSTILE_CORE_SECRET_H
#define KEYSTILE_CORE_SECRET_H

#include <stddef.h>

/*
 * `size` zeroed bytes, aligned for any type; NULL when memory is short or size is over KS_SECRET_BLOCK_MAX.
 * Safe in threads. A lock that RLIMIT_MEMLOCK forbids is done without.
 */
void *ks_secret_alloc(size_t size);

/* Wipes the whole block and gives it back. NULL is allowed. Always returns NULL. Safe in threads. */
void *ks_secret_free(void *block);

/* Overwrites memory in a way no compiler removes. */
void ks_wipe(void *memory, size_t size);

enum {
	KS_SECRET_BLOCK_MAX = 32 * 1024 * 1024
};

/* For tests: how many bytes are handed out now, each block rounded up as the pool does. */
size_t ks_secret_in_use(void);

#endif
