/* SPDX-License-Identifier: MIT */
/* Ignores a signal. */
#include "hostile.h"

#include <signal.h>

static int answer(const struct ks_host *host)
{
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
