/* SPDX-License-Identifier: MIT */
/*
 * Memory for what passes through libcurl and jansson: every block is wiped when it is freed. The process that runs
 * this module leaves no core image and cannot be traced (keystile-worker(8)).
 */
#ifndef KEYSTILE_VAULT_MEMORY_H
#define KEYSTILE_VAULT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Sets both libraries up to use it, once in a process. NULL, or why that cannot be: a phrase. Thread-safe.
 *
 * Blocks are malloc(3)'s, so one that a library got before is freed as well. Where an application gave jansson an
 * allocator of its own, nothing is changed.
 */
const char *ks_vault_memory_init(void);

void *ks_vault_alloc(size_t size); /* NULL where there is none */
void ks_vault_free(void *block);
char *ks_vault_copy(const char *text);                /* NULL stays NULL, and where there is none */
char *ks_vault_copy_n(const char *text, size_t size); /* of text that need not end with a NUL */

/*
 * Whether an allocation failed in this thread since the last ks_vault_memory_forgive(). jansson 2.14 may return a
 * string that is short of a byte then: what it made meanwhile is not to be used.
 */
bool ks_vault_memory_failed(void);
void ks_vault_memory_forgive(void);

/* Notes one that was told otherwise: open() comes before the set-up, and libcurl's allocations are its own then. */
void ks_vault_memory_fail(void);

#endif
