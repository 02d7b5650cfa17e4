/* SPDX-License-Identifier: MIT */
/* Delivers what cannot be after it broke the contract. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	(void)host->bad_option(host, 0, "is wrong");
	delivery.secret_length = 0;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
