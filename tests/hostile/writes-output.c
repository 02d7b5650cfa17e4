/* SPDX-License-Identifier: MIT */
/* Writes to standard output. */
#include "hostile.h"

#include <stdio.h>

static int answer(const struct ks_host *host)
{
	(void)printf("hostile\n");
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
