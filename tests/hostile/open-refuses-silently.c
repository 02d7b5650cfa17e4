/* SPDX-License-Identifier: MIT */
/* Refuses an option and does not say why. */
#include "hostile.h"

#define OPTIONS(X) X("depth", NUMBER, OPTIONAL, "", "how deep")

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)settings;
	(void)stride;
	(void)ret_state;
	return host->bad_option(host, 0, 0);
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, OPTIONS, KS_NONE,
	open_hostile, resolve_well, 0)
