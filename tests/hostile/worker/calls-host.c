/* SPDX-License-Identifier: MIT */
/* Calls its caller thousands of times in one request. */
#include "tests/hostile/hostile.h"

enum {
	CALLS = 5000
};

static int answer(const struct ks_host *host)
{
	const char *path = NULL, *reason = NULL;

	for (int i = 0; i < CALLS; i++)
		(void)host->full_path(host, "/x", &path, &reason);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
