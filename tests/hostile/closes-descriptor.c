/* SPDX-License-Identifier: MIT */
/* Closes standard input. */
#include "hostile.h"

#include <unistd.h>

static int answer(const struct ks_host *host)
{
	if (close(STDIN_FILENO) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
