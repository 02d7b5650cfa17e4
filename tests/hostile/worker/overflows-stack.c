/* SPDX-License-Identifier: MIT */
/* Recurses without an end. */
#include <string.h>

#include "tests/hostile/hostile.h"

/* NOLINTNEXTLINE(misc-no-recursion): that is what it is for */
static int descend(const volatile char *above, const struct ks_host *host)
{
	volatile char block[4096];

	block[0] = above[0];
	return host ? descend(block, host) + block[0] : 0;
}

static int answer(const struct ks_host *host)
{
	volatile char first = 1;

	return descend(&first, host);
}

HOSTILE_ANSWER(answer)
