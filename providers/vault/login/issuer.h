/* SPDX-License-Identifier: MIT */
/*
 * Servers other than Vault, of a cloud or a build service, that issue what a login is made with. Nothing that is said
 * of the way to Vault applies to them: the system's certificates count, and there is no proxy.
 */
#ifndef KEYSTILE_VAULT_LOGIN_ISSUER_H
#define KEYSTILE_VAULT_LOGIN_ISSUER_H

#include "providers/vault/answer.h"
#include "providers/vault/http.h"
#include "providers/vault/vault.h"

/*
 * Asks once, and follows no redirect. Sets certificates, and the time limit where there is none or less time is left.
 * Returns KS_OK and *ret_reply (ks_vault_http_finish()) with a status of 200, else the result and why; `sent` is what
 * must not be told.
 */
enum ks_result ks_vault_issuer_ask(struct ks_vault_call *call, struct ks_vault_http_request *request,
	const struct ks_vault_sent *sent, struct ks_vault_http_reply *ret_reply);

/* The same for an answer that is a JSON object: *ret_root (json_decref()), or the result and why. */
enum ks_result ks_vault_issuer_ask_json(struct ks_vault_call *call, struct ks_vault_http_request *request,
	const struct ks_vault_sent *sent, json_t **ret_root);

/*
 * For an answer that is one word of printable ASCII, with white space around it: *ret_word (host memory), or the
 * result and why.
 */
enum ks_result ks_vault_issuer_ask_word(struct ks_vault_call *call, struct ks_vault_http_request *request,
	const struct ks_vault_sent *sent, const char **ret_word);

/*
 * Takes a string out of such an object: *ret_text (host memory), or the result and why. It holds neither blanks nor
 * control characters, for it may go into a header.
 */
enum ks_result ks_vault_issuer_take(struct ks_vault_call *call, const struct ks_vault_http_request *request,
	const json_t *root, const char *name, const char **ret_text);

/* Notes that such an answer is of no use, as ks_vault_fail() with KS_UNAVAILABLE. */
enum ks_result ks_vault_issuer_fail(
	struct ks_vault_call *call, const struct ks_vault_http_request *request, const char *reason);

#endif
