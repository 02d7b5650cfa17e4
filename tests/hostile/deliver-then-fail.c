/* SPDX-License-Identifier: MIT */
/* Delivers, and then fails. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	(void)deliver_well(host);
	return host->fail(host, KS_UNAVAILABLE, "hostile", "is away", "wait");
}

HOSTILE_ANSWER(answer)
