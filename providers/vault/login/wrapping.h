/* SPDX-License-Identifier: MIT */
/*
 * A secret id that came wrapped: what stands in the entry's file is a token that gives it out once. Whoever takes it
 * before us leaves a token that is refused, and so is noticed.
 */
#ifndef KEYSTILE_VAULT_LOGIN_WRAPPING_H
#define KEYSTILE_VAULT_LOGIN_WRAPPING_H

#include "providers/vault/source.h"

/*
 * Exchanges the wrapping token for the secret id. KS_OK and *ret_secret_id (host memory); KS_DENIED, and a line in
 * the log, for a token that is used up, or that was not made for a secret id of this mount and of `role` (NULL: of
 * any); or the result and why. The exchange is never repeated: what it gave is given again for the same token until
 * the server has answered a login with it.
 */
enum ks_result ks_vault_unwrap(
	struct ks_vault_call *call, const struct ks_vault_found *token, const char *role, const char **ret_secret_id);

/* Ends that after a login, where there was an exchange; says so where the server did not answer. */
void ks_vault_unwrap_end(struct ks_vault_call *call, bool is_answered);

/*
 * Whether a wrapping token that this path made holds a secret id of `mount` and `role` (NULL: any). The path may have
 * the namespace before it that the request has in a header.
 */
bool ks_vault_wrapping_fits(const char *path, const char *name_space, const char *mount, const char *role);

#endif
