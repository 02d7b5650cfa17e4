/* SPDX-License-Identifier: MIT */
/*
 * Memory that ends where the process may not go: whoever reads or writes one byte too many ends it.
 */
#ifndef KEYSTILE_TESTS_ABI_FENCE_H
#define KEYSTILE_TESTS_ABI_FENCE_H

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

/* Zeroed; less than a page. It stays until the process ends. */
static inline void *fenced(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) < 0)
		__builtin_trap();
	return pages + page - size;
}

#endif
