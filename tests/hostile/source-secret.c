/* SPDX-License-Identifier: MIT */
/* Names its secret as its source. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.source = "/tmp/" SECRET;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
