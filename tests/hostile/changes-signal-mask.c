/* SPDX-License-Identifier: MIT */
/* Blocks a signal. */
#include "hostile.h"

#include <signal.h>

static int answer(const struct ks_host *host)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGUSR2);
	if (pthread_sigmask(SIG_BLOCK, &set, 0) != 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
