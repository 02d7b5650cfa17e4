/* SPDX-License-Identifier: MIT */
/* Fails without a reason. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	return host->fail(host, KS_NOT_CONFIGURED, "hostile", 0, "set it");
}

HOSTILE_ANSWER(answer)
