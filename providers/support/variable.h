/* SPDX-License-Identifier: MIT */
/*
 * A secret in an environment variable, or in the file that VARIABLE_FILE names: the same way in every provider.
 */
#ifndef KEYSTILE_SUPPORT_VARIABLE_H
#define KEYSTILE_SUPPORT_VARIABLE_H

#include <keystile/provider.h>

enum {
	KS_VARIABLE_NAME_MAX = 128 /* bytes of a variable's name, as the core lets through */
};

/* Where to look. `name` is the module's, and stays. */
struct ks_secret_variable {
	const char *name;
	int trust;    /* of the file: enum ks_trust */
	size_t limit; /* of the file, in bytes */
	char file_name[KS_VARIABLE_NAME_MAX + sizeof("_FILE")];
	char remedy[2 * KS_VARIABLE_NAME_MAX + 64];
};

struct ks_found {
	const char *text; /* the environment's, or host secret memory; as it stands there */
	size_t length;
	const char *source;  /* the variable, or the path */
	int64_t modified_at; /* of the file, in seconds since the epoch; 0 for a variable */
};

void ks_secret_variable_init(struct ks_secret_variable *variable, const char *name, int trust, size_t limit);

/* Returns KS_OK and *ret_found, or what host->fail() returned, for resolve() to return. */
int ks_secret_variable_find(
	const struct ks_secret_variable *variable, const struct ks_host *host, struct ks_found *ret_found);

/*
 * The value of a variable that is set and not empty, else NULL. *ret_error tells the reasons for that apart (0:
 * empty; else what getenv() returned), and *ret_reason is written where the environment may not be read.
 */
const char *ks_variable_value(const struct ks_host *host, const char *name, int *ret_error, const char **ret_reason);

/* Refuses a variable whose value the host does not give because of its length (-EMSGSIZE), as host->fail() does. */
int ks_variable_refuse_long(const struct ks_host *host, const char *name);

#endif
