/* SPDX-License-Identifier: MIT */
/*
 * A host of our own, for parts of vault.so that need one: variables out of a table, files as they are, memory that
 * can be short, and what it was told.
 */
#ifndef KEYSTILE_TESTS_VAULT_HOST_H
#define KEYSTILE_TESTS_VAULT_HOST_H

#include "providers/vault/vault.h"

#define VAULT_HOST_TOO_LONG "(too long)" /* a variable that has this value has one that the host does not give */

extern struct vault_host {
	struct ks_vault vault;
	struct ks_provider_request request;
	struct ks_vault_call call;
	int64_t time_left;
	unsigned allocations; /* that there is still memory for */
	unsigned warnings;
	char warning[KS_MESSAGE_MAX]; /* the last one */
	char delivered[4096];         /* "KIND TRANSPORTS SECRET", and NAME=VALUE for whatever else there is */
	int64_t refresh_at;
} vault_host;

/* Setup and teardown of a test: an entry without options, no variables, and memory enough. */
int vault_host_begin(void **state);
int vault_host_end(void **state);

/* Sets a variable; NULL unsets it. Both texts are constant. */
void vault_host_set(const char *name, const char *value);

/* The call is over: what the host gave out is gone. */
void vault_host_forget(void);

#endif
