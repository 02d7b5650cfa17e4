/* SPDX-License-Identifier: MIT */
/* Delivers a credential that expired before 1970. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.expires_at = -1;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
