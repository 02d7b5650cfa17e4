/* SPDX-License-Identifier: MIT */
/*
 * Where in a path the mount ends, and which version its engine has.
 */
#ifndef KEYSTILE_VAULT_MOUNT_H
#define KEYSTILE_VAULT_MOUNT_H

#include "providers/vault/kv.h"

/*
 * Fills vault->mount: from the entry, from what is known already, or from what the server tells. Where it may not
 * tell, the version is 0: the read will. KS_OK, or the result and why.
 */
enum ks_result ks_vault_mount_find(struct ks_vault_call *call, const struct ks_vault_pass *pass);

/* Forgets it. */
void ks_vault_mount_clear(struct ks_vault_mount *mount);

/*
 * The rest of `path` behind the mount that the server names, which may have namespaces before it that the path does
 * not have; NULL where they do not fit. *ret_mount_length gets the length of the mount in `path`.
 */
const char *ks_vault_mount_split(const char *path, const char *mount, size_t *ret_mount_length);

#endif
