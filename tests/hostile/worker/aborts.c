/* SPDX-License-Identifier: MIT */
/* Calls abort(3). */
#include <stdlib.h>

#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	(void)host;
	abort();
}

HOSTILE_ANSWER(answer)
