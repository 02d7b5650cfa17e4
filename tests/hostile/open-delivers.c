/* SPDX-License-Identifier: MIT */
/* Delivers in open(). */
#include "hostile.h"

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)settings;
	(void)stride;
	(void)ret_state;
	return deliver_well(host);
}

HOSTILE(KS_KIND_API_KEY, open_hostile, deliver_well)
