/* SPDX-License-Identifier: MIT */
/* Fails with its secret in every word it says, and notes it too. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	host->log(host, KS_LOG_WARNING, "read " SECRET);
	return host->fail(host, KS_DENIED, SECRET, "is " SECRET, "replace " SECRET);
}

HOSTILE_ANSWER(answer)
