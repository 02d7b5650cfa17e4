/* SPDX-License-Identifier: MIT */
/* Returns a failure and gives no reason. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	(void)host;
	return KS_NOT_CONFIGURED;
}

HOSTILE_ANSWER(answer)
