/* SPDX-License-Identifier: MIT */
/* Asks for more secret memory than there is. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	if (host->secret_alloc(host, KS_HOST_SECRET_MAX + 1) || host->secret_alloc(host, SIZE_MAX))
		return deliver_well(host);
	return host->fail(host, KS_DENIED, "hostile", "is too much", "ask for less");
}

HOSTILE_ANSWER(answer)
