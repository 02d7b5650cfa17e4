/* SPDX-License-Identifier: MIT */
/* Delivers a good credential, and crashes before resolve() returns. */
#include "crash.h"
#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	int result = deliver_well(host);

	crash();
	return result;
}

HOSTILE_ANSWER(answer)
