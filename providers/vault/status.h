/* SPDX-License-Identifier: MIT */
/*
 * What the status of an answer of Vault's means, whatever was asked.
 */
#ifndef KEYSTILE_VAULT_STATUS_H
#define KEYSTILE_VAULT_STATUS_H

#include "providers/vault/answer.h"

enum ks_vault_status {
	KS_VAULT_OK = 200,
	KS_VAULT_NO_CONTENT = 204,
	KS_VAULT_MOVED = 301,
	KS_VAULT_FOUND = 302,
	KS_VAULT_REDIRECTED = 307,
	KS_VAULT_BAD_REQUEST = 400,
	KS_VAULT_FORBIDDEN = 403,
	KS_VAULT_NOT_FOUND = 404,
	KS_VAULT_PRECONDITION = 412, /* the state of X-Vault-Index is not here yet, or X-Vault-Request is missing */
	KS_VAULT_TOO_MANY = 429,
	KS_VAULT_SECONDARY = 472,
	KS_VAULT_SERVER_FAILED = 500,
	KS_VAULT_NOT_READY = 501,
	KS_VAULT_SEALED = 503
};

/* Whether it leads elsewhere; whether what it means depends on what was asked. */
bool ks_vault_status_is_redirect(long status);
bool ks_vault_status_is_callers(long status);

/*
 * Whether a login that came with the request is one that cannot come so (openbao, internal/vault): beside a token
 * that an Agent added, or for a namespace that does not exist. The server says 500, and means it.
 */
bool ks_vault_status_is_inlines(const struct ks_vault_answer *answer);

/* Whether the answer may be another one when it is asked again. */
bool ks_vault_status_is_transient(const struct ks_vault_answer *answer);

/* Whether the server certainly did not act on what was asked. */
bool ks_vault_status_is_unprocessed(long status);

/* Whether the server is to blame; and what to do about it. */
bool ks_vault_status_is_servers(const struct ks_vault_answer *answer);
const char *ks_vault_status_advice(long status);

/* Whether a Retry-After counts. */
bool ks_vault_status_has_retry_after(long status);

#endif
