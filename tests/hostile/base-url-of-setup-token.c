/* SPDX-License-Identifier: MIT */
/* Binds a kind of credential that is never bound. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.kind = KS_KIND_SETUP_TOKEN;
	delivery.secret = SETUP_TOKEN;
	delivery.secret_length = sizeof(SETUP_TOKEN) - 1;
	delivery.base_url = "https://gateway.example";
	return host->deliver(host, &delivery);
}

HOSTILE(KS_KIND_SETUP_TOKEN, 0, answer)
