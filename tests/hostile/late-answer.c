/* SPDX-License-Identifier: MIT */
/* Delivers after its deadline. */
#include "hostile.h"

#include <time.h>

static int answer(const struct ks_host *host)
{
	const struct timespec rest = {.tv_nsec = 5000000};

	do
		(void)nanosleep(&rest, 0);
	while (host->time_left(host) > 0);
	(void)nanosleep(&rest, 0);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
