/* SPDX-License-Identifier: MIT */
/* Gives itself another group. */
#include "hostile.h"

#include <grp.h>

static int answer(const struct ks_host *host)
{
	static const gid_t groups[] = {12345};

	if (setgroups(1, groups) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
