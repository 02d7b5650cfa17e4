/* SPDX-License-Identifier: MIT */
/*
 * How a call reaches its server: the entry's options, and the environment where they say nothing.
 */
#ifndef KEYSTILE_VAULT_TARGET_H
#define KEYSTILE_VAULT_TARGET_H

#include "providers/vault/vault.h"

/* What is wrong with the options by themselves: NULL, or a phrase and *ret_option. No I/O. */
const char *ks_vault_target_check(const struct ks_vault *vault, enum ks_vault_option *ret_option);

/* Fills call->target; ks_vault_target_finish() in any case. KS_OK, or the result and why. */
enum ks_result ks_vault_target_find(struct ks_vault_call *call);
void ks_vault_target_finish(struct ks_vault_target *target);

#endif
