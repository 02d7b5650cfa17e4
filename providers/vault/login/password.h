/* SPDX-License-Identifier: MIT */
/*
 * A password: unlike a token it may be made of anything that can be typed.
 */
#ifndef KEYSTILE_VAULT_LOGIN_PASSWORD_H
#define KEYSTILE_VAULT_LOGIN_PASSWORD_H

#include "providers/vault/vault.h"

/* Reads the entry's. KS_OK and *ret_password (host memory), or the result and why. */
enum ks_result ks_vault_password_read(struct ks_vault_call *call, const char **ret_password);

/* How much of the text is the password: all but the one line end that an editor leaves behind. */
size_t ks_vault_password_length(const char *text, size_t length);

/* Where a control character stands, counted from 1; 0 where none does. */
size_t ks_vault_password_control(const char *text, size_t length);

#endif
