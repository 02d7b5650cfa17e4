/* SPDX-License-Identifier: MIT */
#include "providers/vault/aws-credentials.h"

#include <string.h>

#include "providers/vault/aws-text.h"
#include "providers/vault/environment.h"
#include "providers/vault/login.h"
#include "providers/vault/sigv4.h"
#include "providers/vault/source.h"

enum {
	FILE_MAX = 64 * 1024 /* bytes of a file with profiles */
};

#define USE_AUTH "give the program keys of AWS, or use another auth="

const char *ks_vault_aws_copy(struct ks_vault_call *call, const char *text, size_t length)
{
	char *word = call->host->secret_alloc(call->host, length + 1);

	for (size_t i = 0; word && i < length; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return NULL;
		word[i] = text[i];
	}
	return word;
}

enum ks_result ks_vault_aws_check(struct ks_vault_call *call, const char *source, const struct ks_vault_aws *aws)
{
	if (aws->access_key && aws->secret_key && strlen(aws->secret_key) <= KS_VAULT_SIGV4_KEY_MAX)
		return KS_OK;
	return ks_vault_fail(call, KS_MISCONFIGURED, source, "write both keys there, as AWS gave them",
		"has one key of AWS and not the other, or what cannot be one");
}

/* *ret_is_there false where the variables are not set. */
static enum ks_result find_in_variables(struct ks_vault_call *call, struct ks_vault_aws *aws, bool *ret_is_there)
{
	static const char *const names[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"};
	struct ks_vault_variable variables[3] = {{0}};
	enum ks_result result = KS_OK;

	for (unsigned i = 0; result == KS_OK && i < 3; i++)
		result = ks_vault_variable(call, names[i], &variables[i]);
	if (result != KS_OK)
		return result;
	*ret_is_there =
		(variables[0].value && variables[0].value[0]) || (variables[1].value && variables[1].value[0]);
	if (!*ret_is_there)
		return KS_OK;
	for (unsigned i = 0; i < 3; i++)
		variables[i].value = variables[i].value && variables[i].value[0]
					     ? ks_vault_aws_copy(call, variables[i].value, strlen(variables[i].value))
					     : NULL;
	*aws = (struct ks_vault_aws){.access_key = variables[0].value,
		.secret_key = variables[1].value,
		.session_token = variables[2].value};
	return ks_vault_aws_check(call, names[aws->access_key ? 1 : 0], aws);
}

/* The file that the entry names, else the one that the variable does, else the usual one. */
static enum ks_result read_file(struct ks_vault_call *call, struct ks_vault_found *ret_found)
{
	struct ks_vault_source source = {.path = call->vault->options[KS_VAULT_AWS_FILE],
		.trust = call->vault->trust,
		.limit = FILE_MAX,
		.absent = KS_UNAVAILABLE,
		.remedy = USE_AUTH};
	struct ks_vault_variable variable = {0};
	enum ks_result result = ks_vault_variable(call, "AWS_SHARED_CREDENTIALS_FILE", &variable);

	if (result != KS_OK)
		return result;
	if (!source.path && variable.value && variable.value[0])
		source.path = variable.value;
	if (!source.path)
		source.path = ks_vault_option(call->vault, KS_VAULT_AWS_FILE);
	return ks_vault_source_read(call, &source, ret_found);
}

static const char *key_of(
	struct ks_vault_call *call, const struct ks_vault_found *found, const char *profile, const char *key)
{
	const char *value = NULL;
	size_t length = 0;

	return ks_vault_aws_profile(found->text, profile, key, &value, &length)
		       ? ks_vault_aws_copy(call, value, length)
		       : NULL;
}

static enum ks_result find_in_file(struct ks_vault_call *call, struct ks_vault_aws *aws)
{
	struct ks_vault_variable variable = {0};
	struct ks_vault_found found = {0};
	const char *profile = NULL, *where = NULL;
	enum ks_result result = ks_vault_variable(call, "AWS_PROFILE", &variable);

	profile = call->vault->options[KS_VAULT_AWS_PROFILE];
	if (!profile)
		profile = variable.value && variable.value[0] ? variable.value : "default";
	if (result == KS_OK)
		result = read_file(call, &found);
	if (result != KS_OK)
		return result;
	*aws = (struct ks_vault_aws){.access_key = key_of(call, &found, profile, "aws_access_key_id"),
		.secret_key = key_of(call, &found, profile, "aws_secret_access_key"),
		.session_token = key_of(call, &found, profile, "aws_session_token")};
	where = ks_vault_text(call, found.source, " [", profile, "]", NULL);
	return where ? ks_vault_aws_check(call, where, aws) : ks_vault_fail_memory(call);
}

enum ks_result ks_vault_aws_find(struct ks_vault_call *call, const char *region, struct ks_vault_aws *ret_aws)
{
	const bool is_named = call->vault->options[KS_VAULT_AWS_FILE] || call->vault->options[KS_VAULT_AWS_PROFILE];
	struct ks_vault_aws aws = {0};
	bool is_there = false;
	enum ks_result result = KS_OK;

	if (is_named) {
		result = find_in_file(call, &aws);
		is_there = true;
	}
	if (result == KS_OK && !is_there)
		result = find_in_variables(call, &aws, &is_there);
	if (result == KS_OK && !is_there)
		result = ks_vault_aws_by_web_identity(call, region, &aws, &is_there);
	if (result == KS_OK && !is_there) {
		result = find_in_file(call, &aws);
		is_there = result != KS_UNAVAILABLE;
		result = is_there ? result : KS_OK;
	}
	if (result == KS_OK && !is_there)
		result = ks_vault_aws_of_machine(call, &aws);
	if (result == KS_OK)
		*ret_aws = aws;
	return result;
}
