/* SPDX-License-Identifier: MIT */
#include "providers/support/file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int ks_file_trust(const char *word)
{
	if (word && strcmp(word, "group") == 0)
		return KS_TRUST_GROUP;
	if (word && strcmp(word, "mounted") == 0)
		return KS_TRUST_MOUNTED;
	return KS_TRUST_PRIVATE;
}

static int result_of(int error)
{
	switch (error) {
	case -ENOENT:
		return KS_NOT_CONFIGURED;
	case -EACCES:
		return KS_DENIED;
	case -EPERM:
	case -EINVAL:
		return KS_INVALID;
	default:
		return KS_ERROR;
	}
}

/* Reads up to `limit` bytes; more are seen by the one byte that is read beyond. */
static int read_all(int fd, char *text, size_t limit, size_t *ret_length)
{
	size_t length = 0;
	ssize_t got = 0;

	while (length <= limit) {
		got = read(fd, text + length, limit + 1 - length);
		if (got == 0)
			break;
		if (got > 0)
			length += (size_t)got;
		else if (errno != EINTR)
			return -errno;
	}
	*ret_length = length;
	return 0;
}

static int refuse(struct ks_file_failure *failure, int result, const char *reason, const char *remedy)
{
	failure->reason = reason;
	failure->remedy = remedy;
	return result;
}

int ks_file_read(const struct ks_host *host, const char *path, int trust, size_t limit, char **ret_text,
	size_t *ret_length, struct ks_file_failure *ret_failure)
{
	char *text = host->secret_alloc(host, limit + 2);
	const char *reason = NULL;
	size_t length = 0;
	int fd = -1, r = 0;

	if (!text)
		return refuse(ret_failure, KS_ERROR, "cannot be read: out of memory", "free some, and try again");
	r = host->open_private(host, path, trust, &fd, &reason);
	if (r < 0)
		return refuse(ret_failure, result_of(r), reason, NULL);
	r = read_all(fd, text, limit, &length);
	(void)close(fd);
	if (r < 0)
		return refuse(ret_failure, r == -EACCES ? KS_DENIED : KS_ERROR, "cannot be read",
			"see that its file system is in order");
	if (length > limit)
		return refuse(ret_failure, KS_INVALID, "is too large to hold a credential",
			"put the credential there, and nothing else");
	if (strspn(text, "\r\n") == length)
		return refuse(ret_failure, KS_NOT_CONFIGURED, "is empty", "put the credential there");
	*ret_text = text;
	*ret_length = length;
	return KS_OK;
}
