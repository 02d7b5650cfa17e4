/* SPDX-License-Identifier: MIT */
/* Delivers an attribute whose value is a byte too long. */
#include "hostile.h"

#include <string.h>

static int answer(const struct ks_host *host)
{
	char value[KS_ATTRIBUTE_VALUE_MAX + 2];
	const struct ks_attribute attribute = {"plan", value};
	struct ks_delivery delivery = GOOD_DELIVERY;

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	delivery.attributes = &attribute;
	delivery.attribute_count = 1;
	delivery.attribute_stride = sizeof(attribute);
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
