/* SPDX-License-Identifier: MIT */
/* Delivers two kinds at once, both declared. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.kind = KS_KIND_API_KEY | KS_KIND_FEDERATED_TOKEN;
	return host->deliver(host, &delivery);
}

HOSTILE(KS_KIND_API_KEY | KS_KIND_FEDERATED_TOKEN, 0, answer)
