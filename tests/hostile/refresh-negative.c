/* SPDX-License-Identifier: MIT */
/* Delivers a credential to be renewed before 1970. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.refresh_at = INT64_MIN;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
