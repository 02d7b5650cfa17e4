/* SPDX-License-Identifier: MIT */
/*
 * Whom to trust, and how to be known: certificates and keys.
 */
#ifndef KEYSTILE_VAULT_TLS_H
#define KEYSTILE_VAULT_TLS_H

#include "providers/vault/http.h"
#include "providers/vault/vault.h"

/* Fills in what call->target says of TLS: nothing is read where the address needs none. */
enum ks_result ks_vault_tls_find(struct ks_vault_call *call);

/* Lends it to a request of Vault's. */
void ks_vault_tls_apply(const struct ks_vault_target *target, struct ks_vault_http_request *request);

/* The same for a server that is not Vault: the system's certificates count. */
enum ks_result ks_vault_tls_apply_system(struct ks_vault_call *call, struct ks_vault_http_request *request);

#endif
