/* SPDX-License-Identifier: MIT */
/* Delivers for claude alone, and declares the API alone. */
#include "hostile.h"

static int resolve_hostile(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	(void)state;
	(void)request;
	delivery.transports = KS_TRANSPORT_CLI;
	return host->deliver(host, &delivery);
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, KS_TRANSPORT_API, KS_KIND_API_KEY, KS_NONE, KS_NONE, 0,
	resolve_hostile, 0)
