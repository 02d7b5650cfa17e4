/* SPDX-License-Identifier: MIT */
/* Sets an alarm. */
#include "hostile.h"

#include <unistd.h>

static int answer(const struct ks_host *host)
{
	(void)alarm(3600);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
