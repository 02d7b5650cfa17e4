/* SPDX-License-Identifier: MIT */
/* Stops its process by a signal, so that it does nothing any more. */
#include <signal.h>

#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	(void)raise(SIGSTOP);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
