/* SPDX-License-Identifier: MIT */
/* Delivers its secret once more, as an attribute, which is shown. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	static const struct ks_attribute attributes[] = {{"plan", "of " SECRET}};
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.attributes = attributes;
	delivery.attribute_count = sizeof(attributes) / sizeof(attributes[0]);
	delivery.attribute_stride = sizeof(attributes[0]);
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
