/* SPDX-License-Identifier: MIT */
/* Names a source of no bytes. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.source = "";
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
