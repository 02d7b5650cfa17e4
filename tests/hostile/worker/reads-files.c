/* SPDX-License-Identifier: MIT */
/* Reads files by their absolute paths: the user's own, and what everybody may read. */
#include <fcntl.h>
#include <unistd.h>

#include "tale.h"

/* Not of type PATH: no entry names them. */
#define OPTIONS(X)                                                                                                   \
	X("private", STRING, REQUIRED, "", "a file of mode 600")                                                     \
	X("public", STRING, REQUIRED, "", "a file of mode 644")

static const char *paths[2];

static int open_hostile(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	(void)host;
	(void)ret_state;
	for (size_t i = 0; i < 2; i++)
		paths[i] = KS_SETTING(settings, stride, i);
	return KS_OK;
}

static int resolve(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	struct tale tale = {0};

	(void)state;
	(void)request;
	tell(&tale, "private", open(paths[0], O_RDONLY | O_CLOEXEC));
	tell(&tale, "public", open(paths[1], O_RDONLY | O_CLOEXEC));
	tell(&tale, "shadow", open("/etc/shadow", O_RDONLY | O_CLOEXEC));
	tell(&tale, "root", open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	tell(&tale, "zeros", open("/dev/zero", O_RDONLY | O_CLOEXEC));
	return answer_with(host, &tale);
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, OPTIONS, KS_NONE,
	open_hostile, resolve, 0)
