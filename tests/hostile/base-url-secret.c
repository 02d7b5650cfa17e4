/* SPDX-License-Identifier: MIT */
/* Is bound to a URL with the secret in its path, which is shown and logged. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.base_url = "https://gateway.example/" SECRET;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
