/* SPDX-License-Identifier: MIT */
/* Delivers an attribute whose name is two words. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	static const struct ks_attribute attributes[] = {{"plan name", "x"}};
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.attributes = attributes;
	delivery.attribute_count = sizeof(attributes) / sizeof(attributes[0]);
	delivery.attribute_stride = sizeof(attributes[0]);
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
