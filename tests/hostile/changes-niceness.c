/* SPDX-License-Identifier: MIT */
/* Makes the process nicer, which an exec does not undo. */
#include "hostile.h"

#include <sys/resource.h>

static int answer(const struct ks_host *host)
{
	if (setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + 1) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
