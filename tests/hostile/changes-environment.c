/* SPDX-License-Identifier: MIT */
/* Sets, changes and unsets environment variables. */
#include "hostile.h"

#include <stdlib.h>

static int answer(const struct ks_host *host)
{
	if (setenv("KEYSTILE_HOSTILE", SECRET, 1) < 0 || setenv("PATH", SECRET, 1) < 0 || unsetenv("HOME") < 0)
		return KS_ERROR;
	return deliver_well(host);
}

HOSTILE_ANSWER(answer)
