/* SPDX-License-Identifier: MIT */
/* Delivers a setup-token for the API alone. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.kind = KS_KIND_SETUP_TOKEN;
	delivery.transports = KS_TRANSPORT_API;
	delivery.secret = SETUP_TOKEN;
	delivery.secret_length = sizeof(SETUP_TOKEN) - 1;
	return host->deliver(host, &delivery);
}

HOSTILE(KS_KIND_SETUP_TOKEN, 0, answer)
