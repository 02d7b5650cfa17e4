/* SPDX-License-Identifier: MIT */
/* Reads from standard input. */
#include "hostile.h"

#include <unistd.h>

static int answer(const struct ks_host *host)
{
	char answer_of_user = 0;

	if (read(STDIN_FILENO, &answer_of_user, 1) < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
