/* SPDX-License-Identifier: MIT */
/* Closes every descriptor, and answers then. */
#include <unistd.h>

#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	closefrom(0);
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
