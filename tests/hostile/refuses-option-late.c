/* SPDX-License-Identifier: MIT */
/* Refuses an option in resolve(). */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	return host->bad_option(host, 0, "is wrong");
}

HOSTILE_ANSWER(answer)
