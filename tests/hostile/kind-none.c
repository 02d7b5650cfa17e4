/* SPDX-License-Identifier: MIT */
/* Delivers no kind. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.kind = 0;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
