/* SPDX-License-Identifier: MIT */
/* Fails and names no source: less than it should say, and enough to go by. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	return host->fail(host, KS_DENIED, 0, "it is locked", "unlock it");
}

HOSTILE_ANSWER(answer)
