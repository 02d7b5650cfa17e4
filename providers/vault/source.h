/* SPDX-License-Identifier: MIT */
/*
 * Where a secret stands that an entry names: a file or a variable. Read anew for each login, for what writes it
 * rotates it.
 */
#ifndef KEYSTILE_VAULT_SOURCE_H
#define KEYSTILE_VAULT_SOURCE_H

#include "providers/support/file.h"
#include "providers/vault/vault.h"

struct ks_vault_source {
	const char *path;      /* a file, or NULL */
	const char *variable;  /* else a variable by its whole name */
	int trust;             /* of the file: enum ks_trust */
	size_t limit;          /* bytes, 0: KS_FILE_SECRET_MAX */
	enum ks_result absent; /* what its absence or emptiness comes to */
	const char *remedy;    /* for that, or NULL */
};

struct ks_vault_found {
	const char *text; /* host memory, with a NUL behind */
	size_t length;
	const char *source; /* the path or the variable's name */
};

/* Returns KS_OK and *ret_found, or the result and why: KS_MISCONFIGURED for what must not be trusted. */
enum ks_result ks_vault_source_read(
	struct ks_vault_call *call, const struct ks_vault_source *source, struct ks_vault_found *ret_found);

/*
 * The same for a word: white space around it is taken off, and what is left is printable ASCII without a blank, or
 * KS_MISCONFIGURED tells where it is not, and never what.
 */
enum ks_result ks_vault_source_word(
	struct ks_vault_call *call, const struct ks_vault_source *source, struct ks_vault_found *ret_found);

/* For the pairs of options NAME-file= and NAME-var=: which the entry gives. */
struct ks_vault_source ks_vault_source_of(
	const struct ks_vault *vault, enum ks_vault_option file, enum ks_vault_option variable);

#endif
