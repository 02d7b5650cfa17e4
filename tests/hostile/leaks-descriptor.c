/* SPDX-License-Identifier: MIT */
/* Leaves a descriptor open, and not close-on-exec. */
#include "hostile.h"

#include <fcntl.h>

static int answer(const struct ks_host *host)
{
	if (open("/dev/null", O_RDONLY) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
