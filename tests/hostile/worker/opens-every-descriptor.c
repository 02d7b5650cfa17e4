/* SPDX-License-Identifier: MIT */
/* Opens descriptors until no more can be had, and asks its caller for one more. */
#include <fcntl.h>

#include "tale.h"

#define OPTIONS(X) X("path", PATH, REQUIRED, "", "a file")

static const char *path;

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)host;
	(void)ret_state;
	path = KS_SETTING(settings, stride, 0);
	return KS_OK;
}

static int resolve(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	struct tale tale = {0};
	const char *reason = NULL;
	int count = 0, fd = -1;

	(void)state;
	(void)request;
	while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
		count++;
	tell(&tale, count < 64 ? "fewer than 64, then" : "64 or more, then", -1);
	errno = -host->open_private(host, path, KS_TRUST_PRIVATE, &fd, &reason);
	tell(&tale, "one more", errno == 0 ? 0 : -1);
	return answer_with(host, &tale);
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, OPTIONS, KS_NONE,
	open_hostile, resolve, 0)
