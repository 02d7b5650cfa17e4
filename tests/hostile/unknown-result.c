/* SPDX-License-Identifier: MIT */
/* Returns a result that is none. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	(void)host;
	return 99;
}

HOSTILE_ANSWER(answer)
