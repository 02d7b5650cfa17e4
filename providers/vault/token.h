/* SPDX-License-Identifier: MIT */
/*
 * A token that somebody else logged in for.
 */
#ifndef KEYSTILE_VAULT_TOKEN_H
#define KEYSTILE_VAULT_TOKEN_H

#include "providers/vault/vault.h"

/*
 * Finds it: token-file=, the variable, the file that vault and bao leave it in. KS_OK and *ret_token (host memory),
 * NULL where none is needed because something at the address has its own; or the result and why. A token helper that
 * is configured is reported: its program would run with the rights of whoever asks.
 */
enum ks_result ks_vault_token_find(struct ks_vault_call *call, const char **ret_token);

#endif
