/* SPDX-License-Identifier: MIT */
/* Delivers a secret of two words. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	static const char secret[] = "sk-ant-api03-CANARY-hostile"
				     " "
				     "xxxxxxxxxxxxxxxxxxxxxxxxAA";
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.secret = secret;
	delivery.secret_length = sizeof(secret) - 1;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
