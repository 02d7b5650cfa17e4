/* SPDX-License-Identifier: MIT */
/* Gives up the effective user. */
#include "hostile.h"

#include <unistd.h>

static int answer(const struct ks_host *host)
{
	if (seteuid(65534) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
