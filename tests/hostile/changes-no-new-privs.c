/* SPDX-License-Identifier: MIT */
/* Sets the flag that no program it starts gains privileges, which none can take back. */
#include "hostile.h"

#include <sys/prctl.h>

static int answer(const struct ks_host *host)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
