/* SPDX-License-Identifier: MIT */
/* Answers a little after its deadline, when its process is not stopped yet. */
#include <unistd.h>

#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	(void)usleep((useconds_t)(host->time_left(host) * 1000 + 20000));
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
