/* SPDX-License-Identifier: MIT */
/*
 * Logging in: a row for each method, which says what is sent; and what the server makes of it.
 */
#ifndef KEYSTILE_VAULT_LOGIN_H
#define KEYSTILE_VAULT_LOGIN_H

#include <jansson.h>

#include "providers/vault/client.h"

#define KS_VAULT_SEE_LOGIN "see that what the entry logs in with is right, has not ended, and may be used from here"

/* What a method sends to auth/MOUNT/. */
struct ks_vault_login {
	const char *path;   /* behind the mount, escaped: "login"; constant, or the host's memory */
	json_t *body;       /* the fields; the login's own reference */
	const char *packed; /* a secret that one of them holds in another form, or NULL; the host's memory */
	bool works_once;    /* the server may count it, so that the same one is refused the next time */
};

struct ks_vault_method {
	const char *name; /* the word of auth=, and where it is mounted unless auth-mount= says so */

	/* What is wrong with the entry's options: NULL, or a phrase and *ret_option. No I/O. */
	const char *(*check)(const struct ks_vault *vault, enum ks_vault_option *ret_option);

	/*
	 * Fills *login, whose body is an empty object: reads files, asks who else has to be asked. KS_OK, or the
	 * result and why. NULL where nobody logs in.
	 */
	enum ks_result (*prepare)(struct ks_vault_call *call, struct ks_vault_login *login);
};

/* The method of that name; NULL where there is none. */
const struct ks_vault_method *ks_vault_method_named(const char *name);

/* Logs in. KS_OK and *ret_session (ks_vault_session_clear()), without its identity; or the result and why. */
enum ks_result ks_vault_login(struct ks_vault_call *call, struct ks_vault_session *ret_session);

/* A login that goes with each request (OpenBao's inline authentication). All but `fields` is the host's memory. */
struct ks_vault_inline {
	json_t *fields;   /* that the headers hold; json_decref() */
	const char *path; /* of the login, below /v1/ */
	const struct ks_vault_http_header *headers;
	unsigned header_count;
	const char *packed; /* as in struct ks_vault_login */
	bool works_once;
};

/* Makes one. KS_OK and *ret_login, or the result and why. */
enum ks_result ks_vault_login_inline(struct ks_vault_call *call, struct ks_vault_inline *ret_login);

/* For methods: sets a field of the body. KS_ERROR without memory. */
enum ks_result ks_vault_login_set(
	struct ks_vault_call *call, struct ks_vault_login *login, const char *name, const char *value);

#endif
