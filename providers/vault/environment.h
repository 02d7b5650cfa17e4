/* SPDX-License-Identifier: MIT */
/*
 * Vault's variables, and OpenBao's that hide them.
 */
#ifndef KEYSTILE_VAULT_ENVIRONMENT_H
#define KEYSTILE_VAULT_ENVIRONMENT_H

#include "providers/vault/vault.h"

/* A variable that is set: its name, and its value, which may be empty. */
struct ks_vault_variable {
	const char *name, *value;
};

/*
 * Looks for a variable. Returns KS_OK and *ret_variable, whose value is NULL where it is not set or the environment
 * may not be read; KS_MISCONFIGURED for a value that is too long.
 */
enum ks_result ks_vault_variable(
	struct ks_vault_call *call, const char *name, struct ks_vault_variable *ret_variable);

/*
 * The same for VAULT_X and its twin BAO_X, which hides it where it is there, even when it is empty (openbao,
 * api/env.go). `name` is Vault's.
 */
enum ks_result ks_vault_twin(struct ks_vault_call *call, const char *name, struct ks_vault_variable *ret_variable);

/*
 * The option's value where the entry gives it, else the twin's where it is not empty, else NULL. *ret_where is what
 * to call it in a message.
 */
enum ks_result ks_vault_setting(struct ks_vault_call *call, enum ks_vault_option option, const char *name,
	const char **ret_value, const char **ret_where);

/* A twin that is true or false, in the words of Go's strconv.ParseBool; unset or empty is false. */
enum ks_result ks_vault_flag(struct ks_vault_call *call, const char *name, bool *ret_flag, const char **ret_where);

/* A twin that is a duration, as Go's time.ParseDuration or a number of seconds; unset, empty or 0 is 0 ms. */
enum ks_result ks_vault_duration(struct ks_vault_call *call, const char *name, int64_t *ret_ms);

#endif
