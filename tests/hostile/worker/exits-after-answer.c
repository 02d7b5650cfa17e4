/* SPDX-License-Identifier: MIT */
/* Delivers a good credential, and ends its process as if all was well. */
#include <stdlib.h>

#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	(void)deliver_well(host);
	exit(EXIT_SUCCESS);
}

HOSTILE_ANSWER(answer)
