/* SPDX-License-Identifier: MIT */
/*
 * Which options go with which way to log in.
 */
#ifndef KEYSTILE_VAULT_LOGIN_OPTIONS_H
#define KEYSTILE_VAULT_LOGIN_OPTIONS_H

#include "providers/vault/vault.h"

/*
 * What is wrong with the entry's options about logging in: NULL, or a phrase and *ret_option. What the method lacks
 * among its own, it says itself. No I/O.
 */
const char *ks_vault_login_options_check(const struct ks_vault *vault, enum ks_vault_option *ret_option);

#endif
