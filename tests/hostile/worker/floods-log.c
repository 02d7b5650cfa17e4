/* SPDX-License-Identifier: MIT */
/* Notes lines without an end. */
#include "tests/hostile/hostile.h"

static int answer(const struct ks_host *host)
{
	while (host)
		host->log(host, KS_LOG_WARNING, "again and again and again and again and again and again");
	return KS_ERROR;
}

HOSTILE_ANSWER(answer)
