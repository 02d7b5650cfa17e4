/* SPDX-License-Identifier: MIT */
/* Changes the root. */
#include "hostile.h"

#include <unistd.h>

static int answer(const struct ks_host *host)
{
	if (chroot(".") < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
