/* SPDX-License-Identifier: MIT */
/*
 * From the fields of a secret to a credential.
 */
#ifndef KEYSTILE_VAULT_SECRET_H
#define KEYSTILE_VAULT_SECRET_H

#include "providers/vault/kv.h"

/* What of the options about the fields does not go together: NULL, or a phrase and *ret_option. */
const char *ks_vault_secret_check(const struct ks_vault *vault, enum ks_vault_option *ret_option);

/*
 * Delivers, and notes in `secret` when its credential ends. Returns what the host's deliver() returned and
 * *ret_is_told true, or a result and why.
 */
int ks_vault_secret_deliver(struct ks_vault_call *call, struct ks_vault_secret *secret, bool *ret_is_told);

/* Seconds since the epoch of a time as RFC 3339 has it; -1 for what is none. */
int64_t ks_vault_time(const char *text);

#endif
