/* SPDX-License-Identifier: MIT */
/* Sends itself SIGKILL. */
#include <signal.h>

#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	(void)raise(SIGKILL);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
