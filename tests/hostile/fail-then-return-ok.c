/* SPDX-License-Identifier: MIT */
/* Fails, and returns KS_OK. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	(void)host->fail(host, KS_NOT_CONFIGURED, "hostile", "is not set", "set it");
	return KS_OK;
}

HOSTILE_ANSWER(answer)
