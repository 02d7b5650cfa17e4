/* SPDX-License-Identifier: MIT */
/* Delivers a secret of no bytes. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.secret_length = 0;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
