/* SPDX-License-Identifier: MIT */
/* Ends its process as if all was well, and answers nothing. */
#include <stdlib.h>

#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	(void)host;
	exit(EXIT_SUCCESS);
}

HOSTILE_ANSWER(answer)
