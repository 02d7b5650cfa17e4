/* SPDX-License-Identifier: MIT */
/* Handles a signal itself. */
#include "hostile.h"

#include <signal.h>

static void handle(int number)
{
	(void)number;
}

static int answer(const struct ks_host *host)
{
	const struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};

	if (sigaction(SIGUSR1, &action, 0) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
