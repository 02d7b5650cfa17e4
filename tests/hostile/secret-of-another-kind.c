/* SPDX-License-Identifier: MIT */
/* Delivers as an API key what its first bytes say is a setup-token. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.secret = SETUP_TOKEN;
	delivery.secret_length = sizeof(SETUP_TOKEN) - 1;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
