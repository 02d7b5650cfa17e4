/* SPDX-License-Identifier: MIT */
/* Delivers one attribute too many. */
#include "hostile.h"

static int answer(const struct ks_host *host)
{
	static const struct ks_attribute attributes[] = {{"a", "x"}, {"b", "x"}, {"c", "x"}, {"d", "x"}, {"e", "x"},
		{"f", "x"}, {"g", "x"}, {"h", "x"}, {"i", "x"}, {"j", "x"}, {"k", "x"}, {"l", "x"}, {"m", "x"},
		{"n", "x"}, {"o", "x"}, {"p", "x"}, {"q", "x"}};
	struct ks_delivery delivery = GOOD_DELIVERY;

	delivery.attributes = attributes;
	delivery.attribute_count = sizeof(attributes) / sizeof(attributes[0]);
	delivery.attribute_stride = sizeof(attributes[0]);
	return host->deliver(host, &delivery);
}

HOSTILE_ANSWER(answer)
