/* SPDX-License-Identifier: MIT */
/* Crashes in open(): it writes where nothing is. */
#include "crash.h"
#include "tests/hostile/hostile.h"

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)host;
	(void)settings;
	(void)stride;
	(void)ret_state;
	crash();
	return KS_OK;
}

HOSTILE(KS_KIND_API_KEY, open_hostile, deliver_well)
