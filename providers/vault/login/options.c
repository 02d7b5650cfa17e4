/* SPDX-License-Identifier: MIT */
#include "providers/vault/login/options.h"

#include <string.h>

#include "providers/vault/address.h"
#include "providers/vault/login/login.h"

enum {
	METHODS_MAX = 8 /* that share an option, and a NULL */
};

/* Whose each is; the others do not look at it, so that it is a mistake there. */
static const struct {
	enum ks_vault_option option;
	const char *fault;
	const char *methods[METHODS_MAX];
} rows[] = {
	{KS_VAULT_TOKEN_FILE, "is for auth=token alone", {"token"}},
	{KS_VAULT_VAULT_CONFIG, "is for auth=token alone", {"token"}},
	{KS_VAULT_BAO_CONFIG, "is for auth=token alone", {"token"}},
	{KS_VAULT_ROLE, "is not for auth=token, userpass, ldap and none",
		{"approle", "kubernetes", "jwt", "cert", "aws", "gcp", "azure"}},
	{KS_VAULT_ROLE_ID, "is for auth=approle alone", {"approle"}},
	{KS_VAULT_ROLE_ID_FILE, "is for auth=approle alone", {"approle"}},
	{KS_VAULT_SECRET_ID_FILE, "is for auth=approle alone", {"approle"}},
	{KS_VAULT_SECRET_ID_VAR, "is for auth=approle alone", {"approle"}},
	{KS_VAULT_WRAPPED, "is for auth=approle alone", {"approle"}},
	{KS_VAULT_JWT_FILE, "is for auth=kubernetes and jwt alone", {"kubernetes", "jwt"}},
	{KS_VAULT_JWT_VAR, "is for auth=jwt alone", {"jwt"}},
	{KS_VAULT_JWT_SOURCE, "is for auth=jwt alone", {"jwt"}},
	{KS_VAULT_AUDIENCE, "is for auth=jwt alone", {"jwt"}},
	{KS_VAULT_USER, "is for auth=userpass and ldap alone", {"userpass", "ldap"}},
	{KS_VAULT_PASSWORD_FILE, "is for auth=userpass and ldap alone", {"userpass", "ldap"}},
	{KS_VAULT_PASSWORD_VAR, "is for auth=userpass and ldap alone", {"userpass", "ldap"}},
	{KS_VAULT_AWS_REGION, "is for auth=aws alone", {"aws"}},
	{KS_VAULT_AWS_SERVER_ID, "is for auth=aws alone", {"aws"}},
	{KS_VAULT_AWS_PROFILE, "is for auth=aws alone", {"aws"}},
	{KS_VAULT_AWS_FILE, "is for auth=aws alone", {"aws"}},
	{KS_VAULT_GCP_TYPE, "is for auth=gcp alone", {"gcp"}},
	{KS_VAULT_GCP_ACCOUNT, "is for auth=gcp alone", {"gcp"}},
	{KS_VAULT_AZURE_RESOURCE, "is for auth=azure alone", {"azure"}},
};

static bool is_of(const char *const methods[METHODS_MAX], const char *name)
{
	for (size_t i = 0; i < METHODS_MAX && methods[i]; i++)
		if (strcmp(methods[i], name) == 0)
			return true;
	return false;
}

/* What only an entry has use for whose own login it is. */
static const char *check_login(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	static const enum ks_vault_option names[] = {KS_VAULT_AUTH_MOUNT, KS_VAULT_AUTH_NAMESPACE},
					  words[] = {KS_VAULT_INLINE, KS_VAULT_REVOKE};
	const bool logs_in = vault->method->prepare;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		*ret_option = names[i];
		if (!logs_in && vault->options[names[i]])
			return "needs an auth= that logs in";
	}
	*ret_option = KS_VAULT_AUTH_MOUNT;
	if (vault->options[KS_VAULT_AUTH_MOUNT] && ks_vault_path_check(vault->options[KS_VAULT_AUTH_MOUNT]))
		return ks_vault_path_check(vault->options[KS_VAULT_AUTH_MOUNT]);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		*ret_option = words[i];
		if (!logs_in && ks_vault_option_is(vault, words[i], "yes"))
			return "needs an auth= that logs in";
	}
	*ret_option = KS_VAULT_REVOKE;
	if (ks_vault_option_is(vault, KS_VAULT_INLINE, "yes") && ks_vault_option_is(vault, KS_VAULT_REVOKE, "yes"))
		return "has nothing to revoke with inline=yes";
	return NULL;
}

const char *ks_vault_login_options_check(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	const char *fault = NULL;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		*ret_option = rows[i].option;
		if (vault->options[rows[i].option] && !is_of(rows[i].methods, vault->method->name))
			return rows[i].fault;
	}
	fault = check_login(vault, ret_option);
	if (!fault && vault->method->check)
		fault = vault->method->check(vault, ret_option);
	return fault;
}
