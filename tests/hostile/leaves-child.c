/* SPDX-License-Identifier: MIT */
/* Forks, and does not wait for the child. */
#include "hostile.h"

#include <unistd.h>

static int answer(const struct ks_host *host)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	if (child < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
