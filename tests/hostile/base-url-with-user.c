/* SPDX-License-Identifier: MIT */
/* Binds to a base URL with a name and a password in it. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.base_url = "https://user:CANARY@gateway.example";
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
