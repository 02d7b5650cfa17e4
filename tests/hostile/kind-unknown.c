/* SPDX-License-Identifier: MIT */
/* Delivers a kind that is none. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.kind = 1u << 9;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
