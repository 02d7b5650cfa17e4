/* SPDX-License-Identifier: MIT */
/* Has the process killed when its parent ends. */
#include "hostile.h"

#include <signal.h>
#include <sys/prctl.h>

static int answer(const struct ks_host *host)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
