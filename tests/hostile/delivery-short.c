/* SPDX-License-Identifier: MIT */
/* Delivers a structure that ends before the base URL. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.size = offsetof(struct ks_delivery, base_url);
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
