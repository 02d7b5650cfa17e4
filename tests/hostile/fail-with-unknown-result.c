/* SPDX-License-Identifier: MIT */
/* Fails with a result that is none. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	return host->fail(host, 42, "hostile", "is odd", "leave it");
}

HOSTILE_ANSWER(answer)
