/* SPDX-License-Identifier: MIT */
/* Reads its environment, a path and a file in open(), and does without where it may not. */
#include "hostile.h"

#include <errno.h>

#define ENVIRONMENT(X) X("KEYSTILE_HOSTILE")

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	const char *text = 0, *reason = 0;
	int fd = -1;

	(void)settings;
	(void)stride;
	(void)ret_state;
	if (host->getenv(host, "KEYSTILE_HOSTILE", &text) != -EACCES ||
		host->open_private(host, "/etc/passwd", KS_TRUST_MOUNTED, &fd, &reason) != -EPERM ||
		host->full_path(host, "/x", &text, &reason) != -EPERM)
		return KS_ERROR;
	return KS_OK;
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, KS_NONE, ENVIRONMENT,
	open_hostile, resolve_well, 0)
