/* SPDX-License-Identifier: MIT */
/* Returns a negative result, as from a system call. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	(void)host;
	return -1;
}

HOSTILE_ANSWER(answer)
