/* SPDX-License-Identifier: MIT */
/* Leaves the process group. */
#include "hostile.h"

#include <unistd.h>

static int answer(const struct ks_host *host)
{
	if (setpgid(0, 0) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
