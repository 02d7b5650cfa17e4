/* SPDX-License-Identifier: MIT */
/* Moves into a namespace of its own. */
#include "hostile.h"

#include <sched.h>

static int answer(const struct ks_host *host)
{
	if (unshare(CLONE_NEWUTS) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
