/* SPDX-License-Identifier: MIT */
/* Its source is longer than one may be. */
#include "hostile.h"

#include <string.h>

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;
	char source[4 * KS_SOURCE_MAX];

	memset(source, 's', sizeof(source) - 1);
	source[sizeof(source) - 1] = '\0';
	delivery.source = source;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
