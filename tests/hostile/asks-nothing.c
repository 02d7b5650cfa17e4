/* SPDX-License-Identifier: MIT */
/* Hands on an option that was not given: NULL in the place of a variable and of a path. */
#include "hostile.h"

#define ENVIRONMENT(X) X("KEYSTILE_HOSTILE")

static int resolve_hostile(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const char *text = 0, *reason = 0;
	int fd = -1;

	(void)state;
	(void)request;
	if (host->getenv(host, 0, &text) == 0 || host->full_path(host, 0, &text, &reason) == 0 ||
		host->open_private(host, 0, KS_TRUST_PRIVATE, &fd, &reason) == 0)
		return deliver_well(host);
	return host->fail(host, KS_DENIED, 0, reason, 0);
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, KS_NONE, ENVIRONMENT,
	0, resolve_hostile, 0)
