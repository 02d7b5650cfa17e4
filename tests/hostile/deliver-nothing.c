/* SPDX-License-Identifier: MIT */
/* Delivers NULL. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	return host->deliver(host, 0);
}

HOSTILE_ANSWER(answer)
