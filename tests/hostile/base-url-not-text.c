/* SPDX-License-Identifier: MIT */
/* Binds to a base URL that would begin another header. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.base_url = "https://gateway.example\r\nx-other: \033[2J";
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
