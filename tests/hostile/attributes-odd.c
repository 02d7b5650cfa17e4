/* SPDX-License-Identifier: MIT */
/* Its attributes begin at an address where no structure can. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	static char bytes[2 * sizeof(struct ks_attribute)] __attribute__((aligned(16)));
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.attributes = (const struct ks_attribute *)(const void *)(bytes + 1);
	delivery.attribute_count = 1;
	delivery.attribute_stride = sizeof(struct ks_attribute);
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
