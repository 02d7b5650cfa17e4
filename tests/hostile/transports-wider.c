/* SPDX-License-Identifier: MIT */
/* Claims for a setup-token every transport there is: it is handed to claude alone all the same. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.kind = KS_KIND_SETUP_TOKEN;
	delivery.transports = UINT32_MAX;
	delivery.secret = SETUP_TOKEN;
	delivery.secret_length = sizeof(SETUP_TOKEN) - 1;
	return host->deliver(host, &delivery);
}

HOSTILE(KS_KIND_SETUP_TOKEN, 0, answer)
