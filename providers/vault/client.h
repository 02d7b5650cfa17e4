/* SPDX-License-Identifier: MIT */
/*
 * A request to Vault, with its headers, a redirect, and repeats while there is time.
 */
#ifndef KEYSTILE_VAULT_CLIENT_H
#define KEYSTILE_VAULT_CLIENT_H

#include "providers/vault/answer.h"
#include "providers/vault/http.h"
#include "providers/vault/vault.h"

struct ks_vault_request {
	const char *path;                           /* below /v1/, escaped */
	const char *query;                          /* or NULL */
	json_t *body;                               /* NULL: a GET */
	const char *packed;                         /* a secret that body or headers hold in another form, or NULL */
	json_t *fields;                             /* whose strings the headers hold in another form, or NULL */
	bool posts;                                 /* a POST though there is no body */
	const char *token;                          /* or NULL */
	const char *name_space;                     /* or NULL */
	const char *index;                          /* X-Vault-Index, or NULL */
	const struct ks_vault_http_header *headers; /* more of them */
	unsigned header_count;
	bool works_once; /* a second one would be refused, and hide why: it is not repeated where the first may count
			  */
};

/*
 * Asks. Returns KS_OK and *ret_answer (ks_vault_answer_finish()) for what the caller has to judge: a status of 200 or
 * 204, or of 400, 403 or 404. Else the result, and why, as ks_vault_fail(): KS_UNAVAILABLE, KS_MISCONFIGURED or
 * KS_ERROR.
 */
enum ks_result ks_vault_ask(
	struct ks_vault_call *call, const struct ks_vault_request *request, struct ks_vault_answer *ret_answer);

/* Notes a failure of what was asked, with what the server said. `request` tells the source. */
enum ks_result ks_vault_refuse(struct ks_vault_call *call, enum ks_result result,
	const struct ks_vault_request *request, const struct ks_vault_answer *answer, const char *remedy,
	const char *reason, ...) __attribute__((format(printf, 6, 7)));

#endif
