/* SPDX-License-Identifier: MIT */
#include "providers/support/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int ks_file_trust(const char *word)
{
	if (word && strcmp(word, "group") == 0)
		return KS_TRUST_GROUP;
	if (word && strcmp(word, "mounted") == 0)
		return KS_TRUST_MOUNTED;
	return KS_TRUST_PRIVATE;
}

int ks_file_result(int error)
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

static int refuse(struct ks_file *file, int result, const char *reason, const char *remedy)
{
	file->reason = reason;
	file->remedy = remedy;
	return result;
}

/* Reads up to `size` bytes and, to see that there are more, one beyond. */
static int read_all(int fd, char *text, size_t size, size_t *ret_length)
{
	size_t length = 0;
	ssize_t got = 0;

	while (length <= size) {
		got = read(fd, text + length, size + 1 - length);
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

/* A network's file system may let root open a file and refuse to read it. */
static int refuse_errno(struct ks_file *file, int error)
{
	if (error == -EACCES)
		return refuse(file, KS_DENIED, "cannot be read", "let that user read it");
	return refuse(file, KS_ERROR, "cannot be read", "see that its file system is in order");
}

static int read_open(const struct ks_host *host, int fd, size_t limit, struct ks_file *file)
{
	struct stat status;
	size_t size = 0;
	int r = 0;

	if (fstat(fd, &status) < 0)
		return refuse_errno(file, -errno);
	if (status.st_size > (off_t)limit)
		return refuse(file, KS_INVALID, "is too large to hold a credential",
			"put the credential there, and nothing else");
	size = (size_t)status.st_size;
	file->text = host->secret_alloc(host, size + 2);
	if (!file->text)
		return refuse(file, KS_ERROR, "cannot be read: out of memory", "free some, and try again");
	r = read_all(fd, file->text, size, &file->length);
	if (r < 0)
		return refuse_errno(file, r);
	/* half of what is being written must not be taken for a credential */
	if (file->length != size)
		return refuse(file, KS_UNAVAILABLE, "changed while it was read",
			"replace it by renaming, not by writing into it");
	if (strspn(file->text, "\r\n") == file->length)
		return refuse(file, KS_NOT_CONFIGURED, "is empty", "put the credential there");
	file->modified_at = status.st_mtim.tv_sec;
	return KS_OK;
}

int ks_file_read(const struct ks_host *host, const char *path, int trust, size_t limit, struct ks_file *ret_file)
{
	struct ks_file file = {0};
	int result = KS_OK;
	int fd = -1, r = host->open_private(host, path, trust, &fd, &file.reason);

	if (r < 0) {
		result = ks_file_result(r);
	} else {
		result = read_open(host, fd, limit, &file);
		(void)close(fd);
	}
	*ret_file = file;
	return result;
}
