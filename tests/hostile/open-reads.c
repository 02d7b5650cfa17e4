/* SPDX-License-Identifier: MIT */
/* Reads its environment and a file in open(), and then does without. */
#include "hostile.h"

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)settings;
	(void)stride;
	(void)ret_state;
	const char *text = 0, *reason = 0;
	int fd = -1;

	if (host->getenv(host, "KEYSTILE_HOSTILE", &text) == 0 ||
		host->open_private(host, "/etc/passwd", KS_TRUST_MOUNTED, &fd, &reason) == 0 ||
		host->full_path(host, "~/x", &text, &reason) == 0)
		return host->bad_option(host, 0, "could be read in open()");
	return KS_OK;
}

HOSTILE(KS_KIND_API_KEY, open_hostile, deliver_well)
