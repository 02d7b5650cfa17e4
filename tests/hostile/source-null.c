/* SPDX-License-Identifier: MIT */
/* Does not say what its source is. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.source = 0;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
