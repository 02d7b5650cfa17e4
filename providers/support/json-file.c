/* SPDX-License-Identifier: MIT */
#include "providers/support/json-file.h"

#include <stdio.h>

static int parse(const struct ks_host *host, unsigned flags, struct ks_json_file *json_file)
{
	struct ks_file *file = &json_file->file;
	const size_t token_size = ks_json_token_size(file->text, file->length);
	void *tokens = token_size <= KS_HOST_SECRET_MAX ? host->secret_alloc(host, token_size) : NULL;
	const char *reason = NULL;
	size_t offset = 0;

	if (!tokens && token_size <= KS_HOST_SECRET_MAX) {
		file->reason = "cannot be read: out of memory";
		file->remedy = "free some, and try again";
		return KS_ERROR;
	}
	file->remedy = "correct it, or write it anew";
	file->reason = "is JSON with too many values";
	if (!tokens)
		return KS_INVALID;
	if (ks_json_parse(&json_file->json, file->text, file->length, tokens, token_size, flags, &offset, &reason) ==
		0)
		return KS_OK;
	(void)snprintf(json_file->reason, sizeof(json_file->reason), "is not JSON that can be used: %s, at byte %zu",
		reason, offset + 1);
	file->reason = json_file->reason;
	return KS_INVALID;
}

int ks_json_file_read(
	const struct ks_host *host, const char *path, int trust, unsigned flags, struct ks_json_file *ret_json_file)
{
	int result = ks_file_read(host, path, trust, KS_FILE_MAX, &ret_json_file->file);

	return result == KS_OK ? parse(host, flags, ret_json_file) : result;
}
