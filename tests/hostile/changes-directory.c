/* SPDX-License-Identifier: MIT */
/* Changes the working directory. */
#include "hostile.h"

#include <unistd.h>

static int answer(const struct ks_host *host)
{
	if (chdir("/") < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
