/* SPDX-License-Identifier: MIT */
/* Delivers a good credential, and ends its process by _exit(2). */
#include <stdlib.h>
#include <unistd.h>

#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	(void)deliver_well(host);
	_exit(EXIT_SUCCESS);
}

HOSTILE_ANSWER(answer)
