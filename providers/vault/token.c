/* SPDX-License-Identifier: MIT */
#include "providers/vault/token.h"

#include <string.h>

#include "providers/vault/environment.h"
#include "providers/vault/source.h"

enum {
	CONFIG_MAX = 64 * 1024 /* bytes of the settings of Vault's own program */
};

/* Whether a line of HCL sets the word. */
static bool sets_helper(const char *text)
{
	static const char word[] = "token_helper";

	while (text) {
		text += strspn(text, " \t\n\r\"");
		if (strncmp(text, word, sizeof(word) - 1) == 0 && strspn(text + sizeof(word) - 1, " \t\"=") > 0 &&
			strchr(text + sizeof(word) - 1, '='))
			return true;
		text = strchr(text, '\n');
	}
	return false;
}

/* What cannot be read tells of no helper: whoever runs vault there cannot use it either. */
static enum ks_result check_config(struct ks_vault_call *call, enum ks_vault_option option, const char *variable_name)
{
	struct ks_vault_source source = {
		.path = call->vault->options[option], .trust = KS_TRUST_MOUNTED, .limit = CONFIG_MAX};
	struct ks_vault_variable variable = {0};
	struct ks_vault_found found = {0};
	enum ks_result result = ks_vault_variable(call, variable_name, &variable);

	if (result != KS_OK)
		return result;
	if (!source.path && variable.value && variable.value[0])
		source.path = variable.value;
	if (!source.path)
		source.path = ks_vault_option(call->vault, option);
	if (ks_vault_source_read(call, &source, &found) != KS_OK || !sets_helper(found.text))
		return KS_OK;
	return ks_vault_fail(call, KS_MISCONFIGURED, found.source,
		"write the token to a file and name it with token-file=, or use another way to log in",
		"configures a token helper, and keystile runs none");
}

static enum ks_result read_token(
	struct ks_vault_call *call, const struct ks_vault_source *source, const char **ret_token)
{
	struct ks_vault_found found = {0};
	enum ks_result result = ks_vault_source_word(call, source, &found);

	if (result == KS_OK)
		*ret_token = found.text;
	return result;
}

/* ~/.vault-token, or where bao was told to leave it. Somebody without a home has none. */
static enum ks_result read_default(struct ks_vault_call *call, const char **ret_token)
{
	struct ks_vault_source source = {.path = ks_vault_option(call->vault, KS_VAULT_TOKEN_FILE),
		.trust = call->vault->trust,
		.absent = KS_UNAVAILABLE,
		.remedy = "log in with vault or bao, name the token's file with token-file=, or write auth="};
	struct ks_vault_variable variable = {0};
	enum ks_result result = ks_vault_variable(call, "BAO_TOKEN_PATH", &variable);
	const char *path = NULL, *reason = NULL;

	if (result != KS_OK)
		return result;
	if (variable.value && variable.value[0])
		source.path = variable.value;
	if (call->host->full_path(call->host, source.path, &path, &reason) < 0 && source.path == variable.value)
		return ks_vault_fail(
			call, KS_MISCONFIGURED, variable.name, "write the path from the root on", "%s", reason);
	if (!path)
		return ks_vault_fail(call, KS_UNAVAILABLE, source.path, source.remedy, "%s", reason);
	return read_token(call, &source, ret_token);
}

enum ks_result ks_vault_token_find(struct ks_vault_call *call, const char **ret_token)
{
	const struct ks_vault_source named = {.path = call->vault->options[KS_VAULT_TOKEN_FILE],
		.trust = call->vault->trust,
		.absent = KS_UNAVAILABLE,
		.remedy = "see that the agent runs that writes it"};
	struct ks_vault_source source = {.absent = KS_UNAVAILABLE};
	struct ks_vault_variable variable = {0};
	enum ks_result result = KS_OK;

	if (named.path)
		return read_token(call, &named, ret_token);
	result = ks_vault_twin(call, "VAULT_TOKEN", &variable);
	if (result != KS_OK)
		return result;
	if (variable.value && variable.value[0]) {
		source.variable = variable.name;
		return read_token(call, &source, ret_token);
	}
	result = check_config(call, KS_VAULT_VAULT_CONFIG, "VAULT_CONFIG_PATH");
	if (result == KS_OK)
		result = check_config(call, KS_VAULT_BAO_CONFIG, "BAO_CONFIG_PATH");
	if (result == KS_OK)
		result = read_default(call, ret_token);
	if (result == KS_UNAVAILABLE && call->target.is_agent) {
		*ret_token = NULL;
		return KS_OK;
	}
	return result;
}
