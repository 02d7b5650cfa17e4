/* SPDX-License-Identifier: MIT */
/*
 * Reading a secret of the key-value engine, in both versions.
 */
#ifndef KEYSTILE_VAULT_KV_H
#define KEYSTILE_VAULT_KV_H

#include "providers/vault/client.h"

struct ks_vault_inline;

/* What a request shows the server. */
struct ks_vault_pass {
	const char *token;                          /* or NULL: what is at the address has its own */
	struct ks_vault_session *session;           /* whose token it is, or NULL */
	const char *index;                          /* or NULL */
	const struct ks_vault_inline *inline_login; /* in place of a token, or NULL */
};

struct ks_vault_secret {
	json_t *root; /* the answer; json_decref() */
	char *source; /* the URL without its query; ks_vault_free() */
	int version;  /* of the engine: 1 or 2 */

	int64_t read_at; /* ks_vault_now() */
	int64_t ends_at; /* of the credential in it, in seconds since 1970, once it was delivered; 0: never */
	char *identity;  /* to whom it was given, where it may be kept; ks_vault_free(), or NULL */
};

/*
 * Reads the entry's secret. KS_OK and *ret_secret, or the result and why: KS_DENIED with *ret_is_forbidden where the
 * server refused the token or what it may do (403), KS_MISCONFIGURED for a path that does not exist, KS_EXPIRED for a
 * version that was deleted or destroyed.
 */
enum ks_result ks_vault_kv_read(struct ks_vault_call *call, const struct ks_vault_pass *pass,
	struct ks_vault_secret *ret_secret, bool *ret_is_forbidden);

/* What holds the fields, and in version 2 what is known of them; NULL where there is none. */
json_t *ks_vault_kv_fields(const json_t *root, int version);
json_t *ks_vault_kv_metadata(const json_t *root, int version);

void ks_vault_secret_finish(struct ks_vault_secret *secret);

/* A GET with the pass. As ks_vault_ask(), and KS_DENIED where a login that went with it was refused. */
enum ks_result ks_vault_pass_ask(struct ks_vault_call *call, const struct ks_vault_pass *pass, const char *path,
	const char *query, struct ks_vault_answer *ret_answer);

#endif
