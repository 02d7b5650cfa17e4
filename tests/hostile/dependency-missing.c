/* SPDX-License-Identifier: MIT */
/* It needs a library that is not there. */
#include "hostile.h"

int keystile_hostile_absent(void);

static int answer(const struct ks_host *host)
{
	return keystile_hostile_absent() == 0 ? deliver_well(host) : KS_ERROR;
}

HOSTILE_ANSWER(answer)
