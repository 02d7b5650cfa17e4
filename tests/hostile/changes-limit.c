/* SPDX-License-Identifier: MIT */
/* Lowers a resource limit. */
#include "hostile.h"

#include <sys/resource.h>

static int answer(const struct ks_host *host)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return KS_ERROR;
	limit.rlim_cur--;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
