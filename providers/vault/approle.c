/* SPDX-License-Identifier: MIT */
#include "providers/vault/methods.h"
#include "providers/vault/source.h"

const char *ks_vault_approle_check(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	if (!vault->options[KS_VAULT_ROLE_ID] == !vault->options[KS_VAULT_ROLE_ID_FILE]) {
		*ret_option = KS_VAULT_AUTH;
		return "needs role-id= or role-id-file=, and one of them";
	}
	if (vault->options[KS_VAULT_SECRET_ID_FILE] && vault->options[KS_VAULT_SECRET_ID_VAR]) {
		*ret_option = KS_VAULT_SECRET_ID_VAR;
		return "cannot be given beside secret-id-file=";
	}
	return NULL;
}

enum ks_result ks_vault_approle_prepare(struct ks_vault_call *call, struct ks_vault_login *login)
{
	const struct ks_vault *vault = call->vault;
	const struct ks_vault_source secret =
		ks_vault_source_of(vault, KS_VAULT_SECRET_ID_FILE, KS_VAULT_SECRET_ID_VAR);
	const struct ks_vault_source role = {
		.path = vault->options[KS_VAULT_ROLE_ID_FILE], .trust = vault->trust, .absent = KS_MISCONFIGURED};
	struct ks_vault_found role_id = {.text = vault->options[KS_VAULT_ROLE_ID]}, secret_id = {0};
	enum ks_result result = role.path ? ks_vault_source_word(call, &role, &role_id) : KS_OK;

	if (result == KS_OK)
		result = ks_vault_login_set(call, login, "role_id", role_id.text);
	if (result == KS_OK && (secret.path || secret.variable))
		result = ks_vault_source_word(call, &secret, &secret_id);
	if (result == KS_OK && secret_id.text)
		result = ks_vault_login_set(call, login, "secret_id", secret_id.text);
	/* it may be good for one login, and nobody can tell beforehand */
	login->works_once = secret_id.text != NULL;
	return result;
}
