/* SPDX-License-Identifier: MIT */
#include "providers/vault/login/methods.h"
#include "providers/vault/login/wrapping.h"
#include "providers/vault/source.h"

static bool is_wrapped(const struct ks_vault *vault)
{
	return ks_vault_option_is(vault, KS_VAULT_WRAPPED, "yes");
}

static const char *check_wrapped(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	*ret_option = KS_VAULT_WRAPPED;
	if (!vault->options[KS_VAULT_SECRET_ID_FILE] && !vault->options[KS_VAULT_SECRET_ID_VAR])
		return "needs secret-id-file= or secret-id-var=, where the wrapping token is";
	if (ks_vault_option_is(vault, KS_VAULT_INLINE, "yes"))
		return "cannot be given beside inline=yes: a wrapped secret id is good for one login";
	return NULL;
}

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
	if (is_wrapped(vault))
		return check_wrapped(vault, ret_option);
	if (vault->options[KS_VAULT_ROLE]) {
		*ret_option = KS_VAULT_ROLE;
		return "is for wrapped=yes alone, to compare; auth=approle logs in with role-id=";
	}
	return NULL;
}

static enum ks_result set_role_id(struct ks_vault_call *call, struct ks_vault_login *login)
{
	const struct ks_vault *vault = call->vault;
	const struct ks_vault_source source = {
		.path = vault->options[KS_VAULT_ROLE_ID_FILE], .trust = vault->trust, .absent = KS_MISCONFIGURED};
	struct ks_vault_found found = {.text = vault->options[KS_VAULT_ROLE_ID]};
	enum ks_result result = source.path ? ks_vault_source_word(call, &source, &found) : KS_OK;

	return result == KS_OK ? ks_vault_login_set(call, login, "role_id", found.text) : result;
}

static enum ks_result set_secret_id(struct ks_vault_call *call, struct ks_vault_login *login)
{
	const struct ks_vault *vault = call->vault;
	const struct ks_vault_source source =
		ks_vault_source_of(vault, KS_VAULT_SECRET_ID_FILE, KS_VAULT_SECRET_ID_VAR);
	struct ks_vault_found found = {0};
	enum ks_result result = KS_OK;

	/* a role may ask for none */
	if (!source.path && !source.variable)
		return KS_OK;
	result = ks_vault_source_word(call, &source, &found);
	if (result == KS_OK && is_wrapped(vault))
		result = ks_vault_unwrap(call, &found, vault->options[KS_VAULT_ROLE], &found.text);
	if (result != KS_OK)
		return result;
	/* it may be good for one login, and nobody can tell beforehand */
	login->works_once = true;
	return ks_vault_login_set(call, login, "secret_id", found.text);
}

enum ks_result ks_vault_approle_prepare(struct ks_vault_call *call, struct ks_vault_login *login)
{
	enum ks_result result = set_role_id(call, login);

	return result == KS_OK ? set_secret_id(call, login) : result;
}
