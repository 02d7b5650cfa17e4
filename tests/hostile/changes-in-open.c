/* SPDX-License-Identifier: MIT */
/* Changes the umask in open(). */
#include "hostile.h"

#include <sys/stat.h>

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)settings;
	(void)stride;
	(void)ret_state;
	(void)host;
	(void)umask(umask(0) ^ 0111);
	return KS_OK;
}

HOSTILE(KS_KIND_API_KEY, open_hostile, deliver_well)
