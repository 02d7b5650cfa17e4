/* SPDX-License-Identifier: MIT */
/* Makes a timer and does not delete it. */
#include "hostile.h"

#include <signal.h>
#include <time.h>

static int answer(const struct ks_host *host)
{
	struct sigevent event = {.sigev_notify = SIGEV_NONE};
	timer_t timer = 0;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
