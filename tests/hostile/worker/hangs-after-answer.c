/* SPDX-License-Identifier: MIT */
/* Delivers a good credential, and never returns from resolve(). */
#include "tests/hostile/hostile.h"
#include "wait.h"

static int answer(const struct ks_host *host)
{
	(void)deliver_well(host);
	wait_for_the_end();
}

HOSTILE_ANSWER(answer)
