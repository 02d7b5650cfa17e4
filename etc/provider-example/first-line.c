/* SPDX-License-Identifier: MIT */
/* first-line.so: an API key in the first line of a file. How to build, test and install it: keystile-provider(7). */
#include <errno.h>
#include <keystile/provider.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRANSPORTS (KS_TRANSPORT_API | KS_TRANSPORT_CLI)
#define OPTIONS(X) X("path", PATH, REQUIRED, "", "the file")
enum {
	PATH /* the number of each option, in the order of OPTIONS */
};

/* The core has seen to it that the path is given, and is one. Only what it cannot know is checked here. */
static int open_it(const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	const char *path = KS_SETTING(settings, stride, PATH);

	if (path[strlen(path) - 1] == '/')
		return host->bad_option(host, PATH, "names a folder");
	*ret_state = strdup(path);
	return *ret_state ? KS_OK : KS_ERROR;
}

static int fail(const struct ks_host *host, int error, const char *path, const char *reason)
{
	int result = error == -ENOENT ? KS_NOT_CONFIGURED : error == -EACCES ? KS_DENIED : KS_ERROR;

	/* instead of a remedy: NULL, for the one that goes with a refusal of the core's */
	return host->fail(host, error == -EPERM ? KS_INVALID : result, path, reason, NULL);
}

static int resolve_it(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const char *path = state, *reason = NULL, *end = NULL;
	char *text = host->secret_alloc(host, KS_SECRET_MAX + 1); /* the core wipes it, and frees it */
	int fd = -1, r = host->open_private(host, path, KS_TRUST_PRIVATE, &fd, &reason);
	struct ks_delivery key = {.size = sizeof(key), .kind = KS_KIND_API_KEY, .transports = TRANSPORTS};
	ssize_t length = -1;

	(void)request; /* where it wants something else, the core says so */
	if (r < 0)
		return fail(host, r, path, reason);
	length = text ? read(fd, text, KS_SECRET_MAX + 1) : -1; /* one byte too many, for the core to refuse */
	(void)close(fd);
	if (length < 0)
		return fail(host, -EIO, path, "cannot be read");
	end = memchr(text, '\n', (size_t)length);
	key.secret = text;
	key.secret_length = (size_t)(end ? end - text + 1 : length); /* the core takes the line end off */
	key.source = path;
	return host->deliver(host, &key);
}

KS_PROVIDER("first-line", "1.0.0", "the first line of a file", KS_PROVIDER_REENTRANT, TRANSPORTS, KS_KIND_API_KEY,
	OPTIONS, KS_NONE, open_it, resolve_it, free)
