/* SPDX-License-Identifier: MIT */
/* Asks its caller for a file beside the folder that its option names, by way of that folder. */
#include <limits.h>

#include "tale.h"

#define OPTIONS(X) X("folder", PATH, REQUIRED, "", "a folder")

static const char *folder;

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)host;
	(void)ret_state;
	folder = KS_SETTING(settings, stride, 0);
	return KS_OK;
}

static void ask(struct tale *tale, const struct ks_host *host, const char *rest)
{
	char path[PATH_MAX];
	const char *reason = NULL;
	int fd = -1;

	(void)snprintf(path, sizeof(path), "%s%s", folder, rest);
	errno = -host->open_private(host, path, KS_TRUST_PRIVATE, &fd, &reason);
	tell(tale, rest, errno == 0 ? 0 : -1);
}

static int resolve(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	static const char *const paths[] = {"/mine", "/../theirs", "/./../theirs", "/..", "-beside/theirs",
		"/deeper/../../theirs", "/link-to-theirs", "//..//theirs"};
	struct tale tale = {0};

	(void)state;
	(void)request;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		ask(&tale, host, paths[i]);
	return answer_with(host, &tale);
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, OPTIONS, KS_NONE,
	open_hostile, resolve, 0)
