/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "providers/vault/login/github-actions.h"
#include "providers/vault/login/methods.h"
#include "providers/vault/source.h"

enum {
	JWT_MAX = 64 * 1024 /* bytes of one; a header holds less in most servers */
};

const char *ks_vault_kubernetes_check(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	*ret_option = KS_VAULT_AUTH;
	return vault->options[KS_VAULT_ROLE] ? NULL : "needs role=";
}

const char *ks_vault_jwt_check(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	const bool is_made = ks_vault_option_is(vault, KS_VAULT_JWT_SOURCE, "github-actions");

	*ret_option = KS_VAULT_JWT_VAR;
	if (vault->options[KS_VAULT_JWT_VAR] && vault->options[KS_VAULT_JWT_FILE])
		return "cannot be given beside jwt-file=";
	*ret_option = KS_VAULT_JWT_SOURCE;
	if (is_made && (vault->options[KS_VAULT_JWT_VAR] || vault->options[KS_VAULT_JWT_FILE]))
		return "cannot be github-actions where jwt-file= or jwt-var= has the token";
	*ret_option = KS_VAULT_AUDIENCE;
	if (!is_made && vault->options[KS_VAULT_AUDIENCE])
		return "is for jwt-source=github-actions alone";
	return NULL;
}

/*
 * The one that the entry names, else a pod's. Kubernetes makes that a link to what root owns and everybody in the pod
 * may read.
 */
static enum ks_result read_jwt(struct ks_vault_call *call, const char **ret_jwt)
{
	struct ks_vault_source source = ks_vault_source_of(call->vault, KS_VAULT_JWT_FILE, KS_VAULT_JWT_VAR);
	struct ks_vault_found found = {0};
	enum ks_result result = KS_OK;

	source.limit = JWT_MAX;
	if (!source.path && !source.variable) {
		source.path = KS_VAULT_POD_TOKEN;
		source.remedy = "run in a pod with a service account, or name the token's file with jwt-file=";
	}
	if (source.path && strcmp(source.path, KS_VAULT_POD_TOKEN) == 0)
		source.trust = KS_TRUST_MOUNTED;
	result = ks_vault_source_word(call, &source, &found);
	if (result == KS_OK)
		*ret_jwt = found.text;
	return result;
}

static enum ks_result set(struct ks_vault_call *call, struct ks_vault_login *login, const char *jwt)
{
	const char *role = call->vault->options[KS_VAULT_ROLE];
	enum ks_result result = ks_vault_login_set(call, login, "jwt", jwt);

	/* the mount may have a role of its own */
	return result == KS_OK && role ? ks_vault_login_set(call, login, "role", role) : result;
}

enum ks_result ks_vault_kubernetes_prepare(struct ks_vault_call *call, struct ks_vault_login *login)
{
	const char *jwt = NULL;
	enum ks_result result = read_jwt(call, &jwt);

	return result == KS_OK ? set(call, login, jwt) : result;
}

enum ks_result ks_vault_jwt_prepare(struct ks_vault_call *call, struct ks_vault_login *login)
{
	const char *jwt = NULL;
	enum ks_result result = ks_vault_option_is(call->vault, KS_VAULT_JWT_SOURCE, "github-actions")
					? ks_vault_github_token(call, &jwt)
					: read_jwt(call, &jwt);

	return result == KS_OK ? set(call, login, jwt) : result;
}
