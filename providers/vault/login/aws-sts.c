/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "providers/vault/address.h"
#include "providers/vault/client.h"
#include "providers/vault/environment.h"
#include "providers/vault/login/aws-credentials.h"
#include "providers/vault/login/issuer.h"
#include "providers/vault/login/login.h"
#include "providers/vault/memory.h"
#include "providers/vault/source.h"
#include "providers/vault/text.h"

enum {
	TOKEN_FILE_MAX = 64 * 1024,
	REGION_MAX = 32 /* bytes of one; they have some 15 */
};

/* What a host's name ends in, by the region's partition (botocore, endpoints.json). */
static const char *domain_of(const char *region)
{
	static const struct {
		const char *beginning, *domain;
	} rows[] = {
		{"cn-", "amazonaws.com.cn"},
		{"us-iso-", "c2s.ic.gov"},
		{"us-isob-", "sc2s.sgov.gov"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(region, rows[i].beginning, strlen(rows[i].beginning)) == 0)
			return rows[i].domain;
	return "amazonaws.com";
}

/* The first region has no name of its own, as in Vault's own client: servers expect that unless told otherwise. */
const char *ks_vault_aws_sts(struct ks_vault_call *call, const char *region)
{
	if (strcmp(region, "us-east-1") == 0)
		return "sts.amazonaws.com";
	return ks_vault_text(call, "sts.", region, ".", domain_of(region), NULL);
}

bool ks_vault_aws_is_region(const char *text)
{
	const size_t length = strlen(text);

	return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length && length <= REGION_MAX;
}

/* The body of AssumeRoleWithWebIdentity; its values escaped. */
static const char *make_body(struct ks_vault_call *call, const char *role, const char *session, const char *token)
{
	const char *texts[] = {role, session, token}, *body = NULL;
	char *escaped[3] = {NULL};

	for (unsigned i = 0; i < 3; i++)
		escaped[i] = ks_vault_path_escape(texts[i]);
	if (escaped[0] && escaped[1] && escaped[2])
		body = ks_vault_text(call, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=", escaped[0],
			"&RoleSessionName=", escaped[1], "&WebIdentityToken=", escaped[2], NULL);
	for (unsigned i = 0; i < 3; i++)
		ks_vault_free(escaped[i]);
	return body;
}

static enum ks_result ask_sts(
	struct ks_vault_call *call, const char *region, const char *token, const char *body, struct ks_vault_aws *aws)
{
	const char *host = ks_vault_aws_sts(call, region);
	struct ks_vault_aws_spans spans = {0};
	struct ks_vault_http_request request = {.method = "POST", .body = body};
	struct ks_vault_http_reply reply = {0};
	const struct ks_vault_sent sent = {.token = token};
	enum ks_result result = KS_OK;

	request.url = host ? ks_vault_text(call, "https://", host, "/", NULL) : NULL;
	if (!request.url || !body)
		return ks_vault_fail_memory(call);
	ks_vault_http_add(&request, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
	result = ks_vault_issuer_ask(call, &request, &sent, &reply);
	if (result != KS_OK)
		return result;
	if (reply.body && ks_vault_aws_element(reply.body, "AccessKeyId", &spans.access_key) &&
		ks_vault_aws_element(reply.body, "SecretAccessKey", &spans.secret_key) &&
		ks_vault_aws_element(reply.body, "SessionToken", &spans.session_token) && ks_vault_aws_fit(&spans))
		result = ks_vault_aws_keep(call, &spans, aws);
	else
		result = ks_vault_issuer_fail(call, &request, "answered without keys of AWS");
	ks_vault_http_finish(&reply);
	return result;
}

enum ks_result ks_vault_aws_by_web_identity(
	struct ks_vault_call *call, const char *region, struct ks_vault_aws *aws, bool *ret_is_there)
{
	struct ks_vault_variable file = {0}, role = {0}, session = {0};
	struct ks_vault_source source = {.limit = TOKEN_FILE_MAX,
		.absent = KS_MISCONFIGURED,
		.remedy = "correct AWS_WEB_IDENTITY_TOKEN_FILE, or unset it"};
	struct ks_vault_found found = {0};
	enum ks_result result = ks_vault_variable(call, "AWS_WEB_IDENTITY_TOKEN_FILE", &file);

	if (result == KS_OK)
		result = ks_vault_variable(call, "AWS_ROLE_ARN", &role);
	if (result == KS_OK)
		result = ks_vault_variable(call, "AWS_ROLE_SESSION_NAME", &session);
	*ret_is_there = file.value && file.value[0];
	if (result != KS_OK || !*ret_is_there)
		return result;
	if (!role.value || !role.value[0])
		return ks_vault_fail(call, KS_MISCONFIGURED, role.name, "set it as well, or unset the other one",
			"is not set, and AWS_WEB_IDENTITY_TOKEN_FILE is");
	source.path = file.value;
	source.trust = ks_vault_aws_trust(call->vault, file.value);
	result = ks_vault_source_word(call, &source, &found);
	if (result != KS_OK)
		return result;
	return ask_sts(call, region, found.text,
		make_body(
			call, role.value, session.value && session.value[0] ? session.value : "keystile", found.text),
		aws);
}
