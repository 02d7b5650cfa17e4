/* SPDX-License-Identifier: MIT */
/*
 * What claude's own .credentials.json says of a login. Its schema is not documented; this is what releases up to
 * 2.1.329 write and honour (observed).
 */
#ifndef KEYSTILE_CREDENTIALS_FILE_LOGIN_H
#define KEYSTILE_CREDENTIALS_FILE_LOGIN_H

#include "providers/support/json.h"

enum ks_login_state {
	KS_LOGIN_NONE,      /* there is none, or it was logged out */
	KS_LOGIN_MALFORMED, /* a member is not what claude writes there */
	KS_LOGIN_NO_SCOPE,  /* it may not send messages */
	KS_LOGIN_EXPIRED,   /* the access token is, and there is no refresh token */
	KS_LOGIN_ENDED,     /* both are */
	KS_LOGIN_GOOD
};

enum {
	KS_LOGIN_PLAN_MAX = 32 /* bytes; no token is as short */
};

/* Facts alone: no byte of a token. */
struct ks_login {
	enum ks_login_state state;
	const char *member; /* where it is KS_LOGIN_MALFORMED: which one */
	int64_t expires_at; /* seconds since the epoch, when claude can no longer renew it; 0 where that is not known
			     */
	int64_t refresh_at; /* when claude will renew it; 0 where it will not */
	char plan[KS_LOGIN_PLAN_MAX + 1]; /* "pro", "max"...; "" where it does not say so in a plain word */
};

/* `now` is in seconds since the epoch. */
void ks_login_read(const struct ks_json *json, int64_t now, struct ks_login *ret_login);

#endif
