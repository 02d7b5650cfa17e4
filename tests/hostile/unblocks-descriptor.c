/* SPDX-License-Identifier: MIT */
/* Makes standard input non-blocking. */
#include "hostile.h"

#include <fcntl.h>
#include <unistd.h>

static int answer(const struct ks_host *host)
{
	if (fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
