/* SPDX-License-Identifier: MIT */
/* Names a secret as its source that looks like no other. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.kind = KS_KIND_GATEWAY_TOKEN;
	delivery.secret = "gw-CANARY-0123456789";
	delivery.secret_length = 20;
	delivery.source = "gw-CANARY-0123456789";
	delivery.base_url = "https://gateway.example";
	return host->deliver(host, &delivery);
}

HOSTILE(KS_KIND_GATEWAY_TOKEN, 0, answer)
