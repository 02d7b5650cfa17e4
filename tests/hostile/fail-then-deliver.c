/* SPDX-License-Identifier: MIT */
/* Fails, and then delivers. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	(void)host->fail(host, KS_NOT_CONFIGURED, "hostile", "is not set", "set it");
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
