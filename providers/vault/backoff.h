/* SPDX-License-Identifier: MIT */
/*
 * Waiting: between repeats, for VAULT_RATE_LIMIT, and until when.
 */
#ifndef KEYSTILE_VAULT_BACKOFF_H
#define KEYSTILE_VAULT_BACKOFF_H

#include "providers/vault/vault.h"

enum {
	KS_VAULT_WHY_MAX = 96
};

/*
 * Until when an answer is of use: the call's deadline, or VAULT_CLIENT_TIMEOUT from now where that is sooner. Of what
 * the call can do without it is half the way to the deadline.
 */
int64_t ks_vault_until(struct ks_vault_call *call);

/*
 * Waits before the next try, as long as Retry-After says (a number of seconds or a date; NULL for none), else `tries`
 * times 1.0 to 1.5 s. False, without waiting, where there are no tries left or it would be
 * later than `until`, and `why` says so: "", or a phrase that begins with a comma.
 */
bool ks_vault_wait(struct ks_vault_call *call, unsigned tries, const char *retry_after, int64_t until,
	char why[KS_VAULT_WHY_MAX]);

/* Waits until VAULT_RATE_LIMIT lets one more request through. */
enum ks_result ks_vault_take_turn(struct ks_vault_call *call, int64_t until);

/* A number from 0 to 1, by chance. */
double ks_vault_chance(void);

#endif
