/* SPDX-License-Identifier: MIT */
/* Writes to standard error. */
#include "hostile.h"

#include <stdio.h>

static int answer(const struct ks_host *host)
{
	(void)fprintf(stderr, "hostile\n");
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
