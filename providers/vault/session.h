/* SPDX-License-Identifier: MIT */
/*
 * The life of a login: its token is kept for the context, renewed, and given up for a new one. One owner does all of
 * it: whoever holds the entry's state.
 */
#ifndef KEYSTILE_VAULT_SESSION_H
#define KEYSTILE_VAULT_SESSION_H

#include "providers/vault/client.h"

/*
 * A token that is good now: the one that is there, renewed where it is time, or that of a new login. KS_OK, and
 * *ret_is_new where it comes of a login just now; or the result and why.
 */
enum ks_result ks_vault_session_hold(struct ks_vault_call *call, bool *ret_is_new);

/* Counts a request with the token, where its uses are limited. The token stays until the next one is held. */
void ks_vault_session_use(struct ks_vault_session *session);

/* Has the server forget the token, and forgets it. What goes wrong is only told. */
void ks_vault_session_revoke(struct ks_vault_call *call);

/* Forgets the token. */
void ks_vault_session_clear(struct ks_vault_session *session);

/* What an answer to a login or a renewal holds, without an identity. KS_OK, or the result and why. */
enum ks_result ks_vault_session_take(struct ks_vault_call *call, const struct ks_vault_request *request,
	const struct ks_vault_answer *answer, struct ks_vault_session *ret_session);

/* Whom an answer was meant for, of all that may change between two calls (ks_vault_free()); NULL without memory. */
char *ks_vault_identity(const struct ks_vault_call *call, const char *token);

#endif
