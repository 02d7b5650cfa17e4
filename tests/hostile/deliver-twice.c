/* SPDX-License-Identifier: MIT */
/* Delivers twice. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	(void)deliver_well(host);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
