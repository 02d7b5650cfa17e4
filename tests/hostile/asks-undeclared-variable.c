/* SPDX-License-Identifier: MIT */
/* Asks the host for a variable that it does not declare. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	const char *value = 0;

	if (host->getenv(host, "HOME", &value) == 0 || value)
		return deliver_well(host);
	return host->fail(host, KS_DENIED, "HOME", "is not told", "declare it");
}

HOSTILE_ANSWER(answer)
