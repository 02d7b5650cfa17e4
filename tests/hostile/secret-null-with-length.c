/* SPDX-License-Identifier: MIT */
/* Delivers the length of a secret and no secret, with a kind that has none. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.kind = KS_KIND_STORED_LOGIN;
	delivery.secret = 0;
	return host->deliver(host, &delivery);
}

HOSTILE(KS_KIND_STORED_LOGIN, 0, answer)
