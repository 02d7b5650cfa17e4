/* SPDX-License-Identifier: MIT */
#include "providers/vault/address.h"
#include "providers/vault/login/methods.h"
#include "providers/vault/login/password.h"
#include "providers/vault/memory.h"
#include "providers/vault/text.h"

const char *ks_vault_userpass_check(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	const char *user = vault->options[KS_VAULT_USER];

	*ret_option = KS_VAULT_AUTH;
	if (!user)
		return "needs user=";
	if (!vault->options[KS_VAULT_PASSWORD_FILE] && !vault->options[KS_VAULT_PASSWORD_VAR])
		return "needs password-file= or password-var=";
	*ret_option = KS_VAULT_PASSWORD_VAR;
	if (vault->options[KS_VAULT_PASSWORD_FILE] && vault->options[KS_VAULT_PASSWORD_VAR])
		return "cannot be given beside password-file=";
	/* it ends the path, and must not lead elsewhere */
	*ret_option = KS_VAULT_USER;
	return ks_vault_path_check(user);
}

enum ks_result ks_vault_userpass_prepare(struct ks_vault_call *call, struct ks_vault_login *login)
{
	char *escaped = ks_vault_path_escape(call->vault->options[KS_VAULT_USER]);
	const char *path = escaped ? ks_vault_text(call, "login/", escaped, NULL) : NULL, *password = NULL;
	enum ks_result result = path ? ks_vault_password_read(call, &password) : ks_vault_fail_memory(call);

	ks_vault_free(escaped);
	if (result != KS_OK)
		return result;
	login->path = path;
	return ks_vault_login_set(call, login, "password", password);
}
