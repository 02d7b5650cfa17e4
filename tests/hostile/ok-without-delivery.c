/* SPDX-License-Identifier: MIT */
/* Returns KS_OK and delivers nothing. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	(void)host;
	return KS_OK;
}

HOSTILE_ANSWER(answer)
