/* SPDX-License-Identifier: MIT */
/* Never returns from open(). */
#include "tests/hostile/hostile.h"
#include "wait.h"

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)host;
	(void)settings;
	(void)stride;
	(void)ret_state;
	wait_for_the_end();
}

HOSTILE(KS_KIND_API_KEY, open_hostile, deliver_well)
