/* SPDX-License-Identifier: MIT */
/*
 * The answer that is given again (cache=), for as long as the entry says and to whom it was given.
 */
#ifndef KEYSTILE_VAULT_CACHE_H
#define KEYSTILE_VAULT_CACHE_H

#include "providers/vault/kv.h"

/*
 * Finds the secret: what was kept, or what `read` gets. What was kept is not given where the credential in it is
 * about to end. From two thirds of its time on a new one is read; where the server is not available meanwhile, what
 * was kept is good until its end. A FRESH request wants a new one in any case. KS_OK and *ret_secret, or the result
 * of `read`.
 */
enum ks_result ks_vault_cache_find(struct ks_vault_call *call,
	enum ks_result (*read)(struct ks_vault_call *call, struct ks_vault_secret *ret_secret),
	struct ks_vault_secret *ret_secret);

/* Keeps a secret that was just read, once its credential was delivered; without memory for it nothing is kept. */
void ks_vault_cache_keep(struct ks_vault *vault, struct ks_vault_secret *secret);

/*
 * Milliseconds for which a secret is good from when it was read: what cache= says, or the lease where that is less.
 * In version 1 a lease is a hint of when to ask again, and nothing to renew. 0 where nothing says so.
 */
int64_t ks_vault_cache_time(const struct ks_vault *vault, const struct ks_vault_secret *secret);

void ks_vault_cache_clear(struct ks_vault_cached *cached);

#endif
