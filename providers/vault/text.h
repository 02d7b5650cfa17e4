/* SPDX-License-Identifier: MIT */
/*
 * Texts of parts: in the module's memory, which is freed, or in the host's, which lasts as long as the call.
 */
#ifndef KEYSTILE_VAULT_TEXT_H
#define KEYSTILE_VAULT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "providers/vault/vault.h"

/* Joins up to the NULL behind the last (ks_vault_free()); NULL without memory. */
char *ks_vault_join(const char *first, ...) __attribute__((sentinel));

/* The same in the host's memory. */
const char *ks_vault_text(struct ks_vault_call *call, const char *first, ...) __attribute__((sentinel));

/* Copies `length` bytes and a NUL into the host's memory. KS_OK, or the result and why. */
enum ks_result ks_vault_keep(struct ks_vault_call *call, const char *text, size_t length, const char **ret_copy);

/* Whether it is printable ASCII without a blank, and not empty: what can stand in a header, a URL or a form. */
bool ks_vault_is_word(const char *text, size_t length);

#endif
