/* SPDX-License-Identifier: MIT */
/* Fails with one result, and returns another. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	(void)host->fail(host, KS_DENIED, "hostile", "is locked", "unlock it");
	return KS_NOT_CONFIGURED;
}

HOSTILE_ANSWER(answer)
