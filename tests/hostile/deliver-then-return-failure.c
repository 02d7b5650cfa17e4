/* SPDX-License-Identifier: MIT */
/* Delivers, and returns a failure. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	(void)deliver_well(host);
	return KS_NOT_CONFIGURED;
}

HOSTILE_ANSWER(answer)
