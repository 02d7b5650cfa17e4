/* SPDX-License-Identifier: MIT */
/* Its attributes lie far outside its memory. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	static const struct ks_attribute attributes[] = {{"plan", "x"}};
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.attributes = attributes;
	delivery.attribute_count = sizeof(attributes) / sizeof(attributes[0]);
	delivery.attribute_stride = sizeof(attributes[0]);
	delivery.attribute_count = 2;
	delivery.attribute_stride = 0xfffffff8;
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
