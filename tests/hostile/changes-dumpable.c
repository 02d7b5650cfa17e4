/* SPDX-License-Identifier: MIT */
/* Makes the process one that leaves no core image. */
#include "hostile.h"

#include <sys/prctl.h>

static int answer(const struct ks_host *host)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
