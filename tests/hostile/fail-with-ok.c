/* SPDX-License-Identifier: MIT */
/* Fails with KS_OK. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	return host->fail(host, KS_OK, "hostile", "is well", "leave it");
}

HOSTILE_ANSWER(answer)
