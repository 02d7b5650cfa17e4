/* SPDX-License-Identifier: MIT */
/* Gives the calling thread another name. */
#include "hostile.h"

#include <sys/prctl.h>

static int answer(const struct ks_host *host)
{
	if (prctl(PR_SET_NAME, "hostile", 0, 0, 0) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
