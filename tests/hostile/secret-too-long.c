/* SPDX-License-Identifier: MIT */
/* Delivers a secret of one byte too many. */
#include "hostile.h"

#include <string.h>

static int answer(const struct ks_host *host)
{
	struct ks_delivery delivery = GOOD_DELIVERY;
	char *secret = host->secret_alloc(host, KS_SECRET_MAX + 1);

	if (!secret)
		return host->fail(host, KS_ERROR, "hostile", "has no memory", "free some");
	memset(secret, 'x', KS_SECRET_MAX + 1);
	memcpy(secret, SECRET, sizeof(SECRET) - 1);
	delivery.secret = secret;
	delivery.secret_length = KS_SECRET_MAX + 1;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
