/* SPDX-License-Identifier: MIT */
/* Crashes in resolve(): it writes where nothing is. */
#include "crash.h"
#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	crash();
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
