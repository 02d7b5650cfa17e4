/* SPDX-License-Identifier: MIT */
/* Its source would clear a terminal and begin a line of its own. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.source = "/x\033[2J\nkeystile: all is well\xff";
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
