/* SPDX-License-Identifier: MIT */
#include "providers/vault/login/aws-credentials.h"

#include <errno.h>
#include <string.h>

#include "providers/vault/environment.h"
#include "providers/vault/source.h"
#include "providers/vault/text.h"

enum {
	FILE_MAX = 64 * 1024 /* bytes of a file with profiles */
};

static enum ks_result keep(struct ks_vault_call *call, struct ks_vault_span span, const char **ret_copy)
{
	return ks_vault_keep(call, span.text, span.length, ret_copy);
}

enum ks_result ks_vault_aws_keep(
	struct ks_vault_call *call, const struct ks_vault_aws_spans *spans, struct ks_vault_aws *ret_aws)
{
	struct ks_vault_aws aws = {0};
	enum ks_result result = keep(call, spans->access_key, &aws.access_key);

	if (result == KS_OK)
		result = keep(call, spans->secret_key, &aws.secret_key);
	if (result == KS_OK && spans->session_token.text)
		result = keep(call, spans->session_token, &aws.session_token);
	if (result == KS_OK)
		*ret_aws = aws;
	return result;
}

int ks_vault_aws_trust(const struct ks_vault *vault, const char *path)
{
	static const char *const of_pods[] = {
		"/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
		"/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token",
	};

	for (size_t i = 0; i < sizeof(of_pods) / sizeof(of_pods[0]); i++)
		if (strcmp(path, of_pods[i]) == 0)
			return KS_TRUST_MOUNTED;
	return vault->trust;
}

static enum ks_result look_at(struct ks_vault_call *call, const char *name, bool *ret_is_there)
{
	struct ks_vault_variable variable = {0};
	enum ks_result result = ks_vault_variable(call, name, &variable);

	*ret_is_there = variable.value && variable.value[0];
	return result;
}

static enum ks_result read_variable(struct ks_vault_call *call, const char *name, struct ks_vault_span *ret_span)
{
	const struct ks_vault_source source = {.variable = name,
		.absent = KS_MISCONFIGURED,
		.remedy = "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither"};
	struct ks_vault_found found = {0};
	enum ks_result result = ks_vault_source_word(call, &source, &found);

	if (result == KS_OK)
		*ret_span = (struct ks_vault_span){.text = found.text, .length = found.length};
	return result;
}

/* *ret_is_there false where the variables are not set. */
static enum ks_result find_in_variables(struct ks_vault_call *call, struct ks_vault_aws *aws, bool *ret_is_there)
{
	struct ks_vault_aws_spans spans = {0};
	bool has_access = false, has_secret = false, has_token = false;
	enum ks_result result = look_at(call, "AWS_ACCESS_KEY_ID", &has_access);

	if (result == KS_OK)
		result = look_at(call, "AWS_SECRET_ACCESS_KEY", &has_secret);
	if (result == KS_OK)
		result = look_at(call, "AWS_SESSION_TOKEN", &has_token);
	*ret_is_there = has_access || has_secret;
	if (result != KS_OK || !*ret_is_there)
		return result;
	result = read_variable(call, "AWS_ACCESS_KEY_ID", &spans.access_key);
	if (result == KS_OK)
		result = read_variable(call, "AWS_SECRET_ACCESS_KEY", &spans.secret_key);
	if (result == KS_OK && has_token)
		result = read_variable(call, "AWS_SESSION_TOKEN", &spans.session_token);
	if (result != KS_OK)
		return result;
	if (!ks_vault_aws_fit(&spans))
		return ks_vault_fail(call, KS_MISCONFIGURED, "AWS_SECRET_ACCESS_KEY", "set it as AWS gave it",
			"is too long to be a secret key of AWS");
	return ks_vault_aws_keep(call, &spans, aws);
}

/* The option's value, else the variable's, else NULL. */
static enum ks_result find_name(
	struct ks_vault_call *call, enum ks_vault_option option, const char *variable_name, const char **ret_name)
{
	struct ks_vault_variable variable = {0};
	enum ks_result result = KS_OK;

	*ret_name = call->vault->options[option];
	if (*ret_name)
		return KS_OK;
	result = ks_vault_variable(call, variable_name, &variable);
	if (result == KS_OK && variable.value && variable.value[0])
		*ret_name = variable.value;
	return result;
}

/* *ret_is_there false where there is no such profile, and need not be. */
static enum ks_result take_profile(struct ks_vault_call *call, const struct ks_vault_found *file, const char *profile,
	bool may_lack, struct ks_vault_aws *aws, bool *ret_is_there)
{
	struct ks_vault_aws_spans spans = {0};
	unsigned line = 0;
	int r = ks_vault_aws_profile(file->text, file->length, profile, &spans, &line);

	*ret_is_there = r != -ENOENT || !may_lack;
	if (!*ret_is_there)
		return KS_OK;
	if (r == -ENOENT)
		return ks_vault_fail(call, KS_MISCONFIGURED, file->source,
			"put it there, or correct aws-profile= or AWS_PROFILE", "has no profile %s", profile);
	if (r < 0)
		return ks_vault_fail(call, KS_MISCONFIGURED, file->source,
			"write [PROFILE] once, and below it each key once, as NAME = VALUE",
			"cannot be understood in line %u", line);
	if (!ks_vault_aws_fit(&spans))
		return ks_vault_fail(call, KS_MISCONFIGURED, file->source,
			"write both there as AWS gave them; other ways to come by keys, which a profile may name, "
			"are "
			"not taken",
			"has not both aws_access_key_id and aws_secret_access_key in profile %s", profile);
	return ks_vault_aws_keep(call, &spans, aws);
}

/* *ret_is_there false where nobody named a file or a profile, and the usual ones are not there. */
static enum ks_result find_in_file(struct ks_vault_call *call, struct ks_vault_aws *aws, bool *ret_is_there)
{
	struct ks_vault_source source = {.trust = call->vault->trust,
		.limit = FILE_MAX,
		.absent = KS_MISCONFIGURED,
		.remedy = "correct aws-file= or AWS_SHARED_CREDENTIALS_FILE, or put the profile there"};
	struct ks_vault_found file = {0};
	const char *profile = NULL, *full = NULL, *reason = NULL;
	enum ks_result result = find_name(call, KS_VAULT_AWS_FILE, "AWS_SHARED_CREDENTIALS_FILE", &source.path);
	bool is_named = false;

	if (result == KS_OK)
		result = find_name(call, KS_VAULT_AWS_PROFILE, "AWS_PROFILE", &profile);
	if (result != KS_OK)
		return result;
	is_named = source.path || profile;
	if (!source.path)
		source.path = ks_vault_option(call->vault, KS_VAULT_AWS_FILE);
	*ret_is_there = true;
	if (!is_named) {
		source.absent = KS_NOT_CONFIGURED;
		/* somebody without a home has no file in it */
		*ret_is_there = call->host->full_path(call->host, source.path, &full, &reason) == 0;
	}
	if (*ret_is_there)
		result = ks_vault_source_read(call, &source, &file);
	if (result == KS_NOT_CONFIGURED) {
		*ret_is_there = false;
		result = KS_OK;
	}
	if (!profile)
		profile = ks_vault_option(call->vault, KS_VAULT_AWS_PROFILE);
	return result == KS_OK && *ret_is_there ? take_profile(call, &file, profile, !is_named, aws, ret_is_there)
						: result;
}

enum ks_result ks_vault_aws_find(struct ks_vault_call *call, const char *region, struct ks_vault_aws *ret_aws)
{
	const bool is_named = call->vault->options[KS_VAULT_AWS_FILE] || call->vault->options[KS_VAULT_AWS_PROFILE];
	struct ks_vault_aws aws = {0};
	bool is_there = false;
	enum ks_result result = KS_OK;

	if (!is_named)
		result = find_in_variables(call, &aws, &is_there);
	if (result == KS_OK && !is_there && !is_named)
		result = ks_vault_aws_by_web_identity(call, region, &aws, &is_there);
	if (result == KS_OK && !is_there)
		result = find_in_file(call, &aws, &is_there);
	if (result == KS_OK && !is_there)
		result = ks_vault_aws_of_machine(call, &aws);
	if (result == KS_OK)
		*ret_aws = aws;
	return result;
}
