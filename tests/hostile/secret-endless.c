/* SPDX-License-Identifier: MIT */
/* Delivers a secret of more bytes than there are. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.secret_length = SIZE_MAX;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
