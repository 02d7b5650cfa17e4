/* SPDX-License-Identifier: MIT */
/* Delivers a secret with a byte above 0x7e in it. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	static const char secret[] = "sk-ant-api03-CANARY-hostile"
				     "\xc3\xa9"
				     "xxxxxxxxxxxxxxxxxxxxxxxxAA";
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.secret = secret;
	delivery.secret_length = sizeof(secret) - 1;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
