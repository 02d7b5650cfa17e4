/* SPDX-License-Identifier: MIT */
/*
 * A file of JSON, in host secret memory.
 */
#ifndef KEYSTILE_SUPPORT_JSON_FILE_H
#define KEYSTILE_SUPPORT_JSON_FILE_H

#include "providers/support/file.h"
#include "providers/support/json.h"

enum {
	KS_JSON_REASON_MAX = 128
};

struct ks_json_file {
	struct ks_file file; /* its reason and remedy say also what is wrong with the text */
	struct ks_json json;
	char reason[KS_JSON_REASON_MAX]; /* what file.reason may point to */
};

/* As ks_file_read(), up to KS_FILE_MAX bytes; KS_INVALID also for text that is no JSON. `flags`: enum ks_json_flag.
 */
int ks_json_file_read(
	const struct ks_host *host, const char *path, int trust, unsigned flags, struct ks_json_file *ret_json_file);

#endif
