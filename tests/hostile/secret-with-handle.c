/* SPDX-License-Identifier: MIT */
/* Delivers a secret with a kind that has none. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.kind = KS_KIND_STORED_LOGIN;
	return host->deliver(host, &delivery);
}

HOSTILE(KS_KIND_STORED_LOGIN, 0, answer)
