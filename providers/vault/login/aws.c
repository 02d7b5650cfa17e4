/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "providers/vault/base64.h"
#include "providers/vault/environment.h"
#include "providers/vault/login/aws-credentials.h"
#include "providers/vault/login/methods.h"
#include "providers/vault/login/sigv4.h"
#include "providers/vault/memory.h"
#include "providers/vault/text.h"

/* What the server sends to STS for us, to learn who signed it (developer.hashicorp.com, api-docs/auth/aws). */
#define BODY "Action=GetCallerIdentity&Version=2011-06-15"
#define CONTENT_TYPE "application/x-www-form-urlencoded; charset=utf-8"
#define SERVICE "sts"

enum {
	HEADERS_MAX = 5,
	SIGNED_MAX = 512 /* bytes of what is beside signature and names in the header Authorization */
};

const char *ks_vault_aws_check(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	const char *region = vault->options[KS_VAULT_AWS_REGION], *id = vault->options[KS_VAULT_AWS_SERVER_ID];

	*ret_option = KS_VAULT_AWS_REGION;
	if (region && !ks_vault_aws_is_region(region))
		return "is no region of AWS, such as eu-central-1";
	/* blanks would be sent in another way than they are signed */
	*ret_option = KS_VAULT_AWS_SERVER_ID;
	if (id && !ks_vault_is_word(id, strlen(id)))
		return "is not printable ASCII without a blank";
	return NULL;
}

static enum ks_result find_region(struct ks_vault_call *call, const char **ret_region)
{
	static const char *const names[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
	struct ks_vault_variable variable = {0};
	enum ks_result result = KS_OK;

	*ret_region = ks_vault_option(call->vault, KS_VAULT_AWS_REGION);
	if (call->vault->options[KS_VAULT_AWS_REGION])
		return KS_OK;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		result = ks_vault_variable(call, names[i], &variable);
		if (result != KS_OK || (variable.value && variable.value[0]))
			break;
	}
	if (result != KS_OK || !variable.value || !variable.value[0])
		return result;
	if (!ks_vault_aws_is_region(variable.value))
		return ks_vault_fail(call, KS_MISCONFIGURED, variable.name,
			"write it as in eu-central-1, or give aws-region=", "is no region of AWS");
	*ret_region = variable.value;
	return KS_OK;
}

/* The request to STS, as far as it is signed. */
struct identity {
	struct ks_vault_sigv4_header headers[HEADERS_MAX];
	size_t count;
	char date[KS_VAULT_SIGV4_DATE_MAX];
	char *authorization;
};

static void add(struct identity *identity, const char *name, const char *value)
{
	if (value)
		identity->headers[identity->count++] = (struct ks_vault_sigv4_header){.name = name, .value = value};
}

/* The headers in the order of their names, and the one that signs them. */
static enum ks_result sign(struct ks_vault_call *call, const char *region, const char *host,
	const struct ks_vault_aws *aws, struct identity *identity)
{
	struct ks_vault_sigv4 request = {.method = "POST", .body = BODY, .headers = identity->headers};
	char names[KS_VAULT_SIGV4_NAMES_MAX], signature[KS_VAULT_SIGV4_SIZE];
	const size_t size = strlen(aws->access_key) + SIGNED_MAX;
	const time_t now = time(NULL);
	struct tm parts = {0};

	if (!gmtime_r(&now, &parts) ||
		strftime(identity->date, sizeof(identity->date), "%Y%m%dT%H%M%SZ", &parts) == 0)
		return ks_vault_fail(
			call, KS_ERROR, "auth=aws", "set the clock", "cannot be used: the time is unknown");
	add(identity, "content-type", CONTENT_TYPE);
	add(identity, "host", host);
	add(identity, "x-amz-date", identity->date);
	add(identity, "x-amz-security-token", aws->session_token);
	add(identity, "x-vault-aws-iam-server-id", call->vault->options[KS_VAULT_AWS_SERVER_ID]);
	request.header_count = identity->count;
	request.date = identity->date;
	request.region = region;
	request.service = SERVICE;
	request.secret_key = aws->secret_key;
	ks_vault_sigv4_sign(&request, names, signature);
	identity->authorization = call->host->secret_alloc(call->host, size);
	if (!identity->authorization)
		return ks_vault_fail_memory(call);
	(void)snprintf(identity->authorization, size,
		"AWS4-HMAC-SHA256 Credential=%s/%.8s/%s/" SERVICE "/aws4_request, SignedHeaders=%s, Signature=%s",
		aws->access_key, identity->date, region, names, signature);
	return KS_OK;
}

static enum ks_result set_encoded(
	struct ks_vault_call *call, struct ks_vault_login *login, const char *name, const char *value)
{
	const char *encoded = ks_vault_base64(call, value);

	return encoded ? ks_vault_login_set(call, login, name, encoded) : ks_vault_fail_memory(call);
}

/* Each header as a list, which is what Vault's own client sends. */
static enum ks_result set_headers(
	struct ks_vault_call *call, struct ks_vault_login *login, const struct identity *identity)
{
	json_t *headers = json_pack("{s:[s]}", "authorization", identity->authorization);
	char *text = NULL;
	enum ks_result result = KS_OK;

	for (size_t i = 0; headers && i < identity->count; i++)
		(void)json_object_set_new(
			headers, identity->headers[i].name, json_pack("[s]", identity->headers[i].value));
	text = headers ? json_dumps(headers, JSON_COMPACT) : NULL;
	result = !text || ks_vault_memory_failed() ? ks_vault_fail_memory(call)
						   : set_encoded(call, login, "iam_request_headers", text);
	ks_vault_free(text);
	json_decref(headers);
	return result;
}

/* The secret key signs, and stays here. */
enum ks_result ks_vault_aws_prepare(struct ks_vault_call *call, struct ks_vault_login *login)
{
	const char *role = call->vault->options[KS_VAULT_ROLE], *region = NULL, *host = NULL, *url = NULL;
	struct ks_vault_aws aws = {0};
	struct identity identity = {.count = 0};
	enum ks_result result = find_region(call, &region);

	if (result == KS_OK)
		result = ks_vault_aws_find(call, region, &aws);
	if (result != KS_OK)
		return result;
	host = ks_vault_aws_sts(call, region);
	url = host ? ks_vault_text(call, "https://", host, "/", NULL) : NULL;
	if (!url)
		return ks_vault_fail_memory(call);
	/* STS tells what it would have signed, session token and all, and Vault passes that on */
	login->packed = aws.session_token;
	result = sign(call, region, host, &aws, &identity);
	if (result == KS_OK)
		result = ks_vault_login_set(call, login, "iam_http_request_method", "POST");
	if (result == KS_OK)
		result = set_encoded(call, login, "iam_request_url", url);
	if (result == KS_OK)
		result = set_encoded(call, login, "iam_request_body", BODY);
	if (result == KS_OK)
		result = set_headers(call, login, &identity);
	if (result == KS_OK && role)
		result = ks_vault_login_set(call, login, "role", role);
	return result;
}
