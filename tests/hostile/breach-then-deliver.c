/* SPDX-License-Identifier: MIT */
/* Delivers well after it broke the contract. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	(void)host->bad_option(host, 0, "is wrong");
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
