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

int ks_file_read(const struct ks_host *host, const char *path, int trust, size_t limit, char **ret_text,
	size_t *ret_length, const char **ret_reason)
{
	char *text = host->secret_alloc(host, limit + 2);
	size_t length = 0;
	int fd = -1, r = 0;

	if (!text) {
		*ret_reason = "no memory to read it";
		return KS_ERROR;
	}
	r = host->open_private(host, path, trust, &fd, ret_reason);
	if (r < 0)
		return result_of(r);
	r = read_all(fd, text, limit, &length);
	(void)close(fd);
	if (r < 0) {
		*ret_reason = "cannot be read";
		return r == -EACCES ? KS_DENIED : KS_ERROR;
	}
	if (length > limit) {
		*ret_reason = "is too large to hold a credential";
		return KS_INVALID;
	}
	if (strspn(text, "\r\n") == length) {
		*ret_reason = "is empty";
		return KS_NOT_CONFIGURED;
	}
	*ret_text = text;
	*ret_length = length;
	return KS_OK;
}
