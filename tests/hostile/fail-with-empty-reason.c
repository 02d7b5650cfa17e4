/* SPDX-License-Identifier: MIT */
/* Fails with an empty reason. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	return host->fail(host, KS_NOT_CONFIGURED, "hostile", "", "set it");
}

HOSTILE_ANSWER(answer)
