/* SPDX-License-Identifier: MIT */
/*
 * Reading a small file with a secret, the same way in every provider.
 */
#ifndef KEYSTILE_SUPPORT_FILE_H
#define KEYSTILE_SUPPORT_FILE_H

#include <keystile/provider.h>

/* The words of every `trust=` option, and what they mean to open_private(). */
#define KS_FILE_TRUST_WORDS "private|group|mounted"
int ks_file_trust(const char *word);

/* Why a file could not be had: a predicate of its path, and what to do (NULL: as open_private() advised). */
struct ks_file_failure {
	const char *reason, *remedy;
};

/*
 * Reads the whole file into host secret memory; *ret_text is NUL-terminated. Returns KS_OK, or the result the
 * provider is to give and *ret_failure: KS_NOT_CONFIGURED absent or empty, KS_DENIED no permission, KS_INVALID not to
 * be trusted or over `limit` bytes, KS_ERROR.
 */
int ks_file_read(const struct ks_host *host, const char *path, int trust, size_t limit, char **ret_text,
	size_t *ret_length, struct ks_file_failure *ret_failure);

#endif
