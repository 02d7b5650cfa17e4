/* SPDX-License-Identifier: MIT */
/* Sleeps past its deadline, and delivers then. */
#include <unistd.h>

#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	(void)usleep((useconds_t)(host->time_left(host) * 1000 + 3000000));
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
