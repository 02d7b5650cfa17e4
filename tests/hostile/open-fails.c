/* SPDX-License-Identifier: MIT */
/* Calls fail() in open(). */
#include "hostile.h"

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)settings;
	(void)stride;
	(void)ret_state;
	return host->fail(host, KS_NOT_CONFIGURED, "hostile", "is not set", "set it");
}

HOSTILE(KS_KIND_API_KEY, open_hostile, deliver_well)
