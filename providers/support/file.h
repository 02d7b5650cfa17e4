/* SPDX-License-Identifier: MIT */
/*
 * Reading a small file with a secret, the same way in every provider.
 */
#ifndef KEYSTILE_SUPPORT_FILE_H
#define KEYSTILE_SUPPORT_FILE_H

#include <keystile/provider.h>

enum {
	KS_FILE_SECRET_MAX =
		KS_SECRET_MAX + 2, /* bytes of a file that holds a secret, a line end, and nothing else */
	KS_FILE_MAX = 256 * 1024   /* of one that holds more beside it */
};

/* The words of every `trust=` option, and what they mean to open_private(). */
#define KS_FILE_TRUST_WORDS "private|group|mounted"
int ks_file_trust(const char *word);

/* What a failure of full_path() or open_private() means. A user without a home has nothing below it. */
int ks_file_result(int error);

struct ks_file {
	char *text; /* host secret memory, ends with a NUL beyond `length` */
	size_t length;
	int64_t modified_at; /* seconds since the epoch */

	/* Where it could not be had: a predicate of its path, and what to do (NULL: as open_private() advised). */
	const char *reason, *remedy;
};

/*
 * Reads the whole file. Returns KS_OK, or the result the provider is to give and why: KS_NOT_CONFIGURED absent or
 * empty, KS_DENIED no permission, KS_INVALID not to be trusted or over `limit` bytes, KS_UNAVAILABLE it changed
 * meanwhile, KS_ERROR.
 */
int ks_file_read(const struct ks_host *host, const char *path, int trust, size_t limit, struct ks_file *ret_file);

#endif
