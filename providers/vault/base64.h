/* SPDX-License-Identifier: MIT */
/*
 * Base64 (RFC 4648), in the host's memory; NULL without memory.
 */
#ifndef KEYSTILE_VAULT_BASE64_H
#define KEYSTILE_VAULT_BASE64_H

#include "providers/vault/vault.h"

const char *ks_vault_base64(struct ks_vault_call *call, const char *text);

/* For URLs, without padding. */
const char *ks_vault_base64_url(struct ks_vault_call *call, const char *text);

#endif
