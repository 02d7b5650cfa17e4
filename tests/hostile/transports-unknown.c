/* SPDX-License-Identifier: MIT */
/* Delivers a credential for a transport that is none. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.transports = 1u << 5;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
