/* SPDX-License-Identifier: MIT */
/* Counts an attribute, and delivers no table. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	static const struct ks_attribute attributes[] = {{"plan", "x"}};
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.attributes = attributes;
	delivery.attribute_count = sizeof(attributes) / sizeof(attributes[0]);
	delivery.attribute_stride = sizeof(attributes[0]);
	delivery.attributes = 0;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
