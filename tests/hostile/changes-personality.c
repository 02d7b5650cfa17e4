/* SPDX-License-Identifier: MIT */
/* Turns off the randomising of addresses, for what the process will execute. */
#include "hostile.h"

#include <sys/personality.h>

static int answer(const struct ks_host *host)
{
	if (personality(ADDR_NO_RANDOMIZE) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
