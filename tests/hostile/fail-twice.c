/* SPDX-License-Identifier: MIT */
/* Fails twice. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	(void)host->fail(host, KS_NOT_CONFIGURED, "hostile", "is not set", "set it");
	return host->fail(host, KS_NOT_CONFIGURED, "hostile", "is not set", "set it");
}

HOSTILE_ANSWER(answer)
