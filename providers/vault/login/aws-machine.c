/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "providers/vault/address.h"
#include "providers/vault/client.h"
#include "providers/vault/environment.h"
#include "providers/vault/login/aws-credentials.h"
#include "providers/vault/login/login.h"
#include "providers/vault/login/metadata.h"
#include "providers/vault/memory.h"
#include "providers/vault/source.h"
#include "providers/vault/text.h"

/* docs.aws.amazon.com: ECS and EKS give containers keys there, and EC2 its instances. Plain HTTP, on the machine. */
#define CONTAINERS "http://169.254.170.2"
#define INSTANCES "http://" KS_VAULT_METADATA_HOST
#define USE_AUTH "give the program keys of AWS, or use another auth="

enum {
	MACHINE_MS = 1000, /* it answers at once, or is not one of AWS's */
	TOKEN_MAX = 16 * 1024
};

static struct ks_vault_span span_of(const json_t *root, const char *name)
{
	const char *text = ks_vault_string(root, name);

	return (struct ks_vault_span){.text = text, .length = text ? strlen(text) : 0};
}

/* Asks for keys, with a header that may be needed. */
static enum ks_result ask(
	struct ks_vault_call *call, const char *url, const char *header, const char *token, struct ks_vault_aws *aws)
{
	struct ks_vault_http_request request = {.method = "GET", .url = url, .timeout_ms = MACHINE_MS};
	const struct ks_vault_sent sent = {.token = token};
	struct ks_vault_aws_spans spans = {0};
	json_t *root = NULL;
	enum ks_result result = KS_OK;

	if (token)
		ks_vault_http_add(&request, header, token);
	result = ks_vault_issuer_ask_json(call, &request, &sent, &root);
	if (result != KS_OK)
		return result;
	spans.access_key = span_of(root, "AccessKeyId");
	spans.secret_key = span_of(root, "SecretAccessKey");
	spans.session_token = span_of(root, "Token");
	result = ks_vault_aws_fit(&spans) ? ks_vault_aws_keep(call, &spans, aws)
					  : ks_vault_issuer_fail(call, &request, "answered without keys of AWS");
	json_decref(root);
	return result;
}

/* It goes into a header, and may have a blank in it: "Basic ...". */
static bool is_header(const struct ks_vault_found *found)
{
	for (size_t i = 0; i < found->length; i++)
		if (found->text[i] < ' ' || found->text[i] > '~')
			return false;
	return found->length > 0;
}

static enum ks_result read_token(
	struct ks_vault_call *call, const struct ks_vault_source *source, const char **ret_token)
{
	struct ks_vault_found found = {0};
	enum ks_result result = ks_vault_source_read(call, source, &found);

	if (result != KS_OK)
		return result;
	while (found.length > 0 && found.text[found.length - 1] && strchr(" \t\r\n", found.text[found.length - 1]))
		found.length--;
	if (!is_header(&found))
		return ks_vault_fail(call, KS_MISCONFIGURED, found.source, "leave it as the platform makes it",
			"holds what cannot be sent in a header");
	return ks_vault_keep(call, found.text, found.length, ret_token);
}

static enum ks_result find_token(struct ks_vault_call *call, const char **ret_token)
{
	struct ks_vault_source source = {.limit = TOKEN_MAX, .absent = KS_MISCONFIGURED};
	struct ks_vault_variable file = {0}, token = {0};
	enum ks_result result = ks_vault_variable(call, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file);

	if (result == KS_OK)
		result = ks_vault_variable(call, "AWS_CONTAINER_AUTHORIZATION_TOKEN", &token);
	if (result != KS_OK)
		return result;
	if (file.value && file.value[0]) {
		source.path = file.value;
		source.trust = ks_vault_aws_trust(call->vault, file.value);
		source.remedy = "correct AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, or unset it";
	} else if (token.value && token.value[0]) {
		source.variable = token.name;
	} else {
		return KS_OK;
	}
	return read_token(call, &source, ret_token);
}

/* NULL where there is none. A token goes along, so not every one will do. */
static enum ks_result find_url(struct ks_vault_call *call, const char **ret_url)
{
	struct ks_vault_variable relative = {0}, full = {0};
	enum ks_result result = ks_vault_variable(call, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", &relative);
	const char *fault = NULL;

	if (result == KS_OK)
		result = ks_vault_variable(call, "AWS_CONTAINER_CREDENTIALS_FULL_URI", &full);
	if (result != KS_OK)
		return result;
	if (relative.value && relative.value[0]) {
		if (relative.value[0] != '/')
			return ks_vault_fail(call, KS_MISCONFIGURED, relative.name, "leave it as ECS sets it",
				"does not begin with a slash");
		*ret_url = ks_vault_text(call, CONTAINERS, relative.value, NULL);
		return *ret_url ? KS_OK : ks_vault_fail_memory(call);
	}
	if (!full.value || !full.value[0])
		return KS_OK;
	fault = ks_vault_metadata_check(full.value);
	if (fault)
		return ks_vault_fail(
			call, KS_MISCONFIGURED, full.name, "leave it as the platform sets it", "%s", fault);
	*ret_url = full.value;
	return KS_OK;
}

static enum ks_result find_of_container(struct ks_vault_call *call, struct ks_vault_aws *aws, bool *ret_is_there)
{
	const char *url = NULL, *token = NULL;
	enum ks_result result = find_url(call, &url);

	*ret_is_there = url;
	if (result == KS_OK && url)
		result = find_token(call, &token);
	return result == KS_OK && url ? ask(call, url, "Authorization", token, aws) : result;
}

/* Since version 2 a token is asked for first, by a PUT that no redirect and no proxy makes. */
static enum ks_result find_of_instance(struct ks_vault_call *call, const char *base, struct ks_vault_aws *aws)
{
	struct ks_vault_http_request for_token = {.method = "PUT", .body = "", .timeout_ms = MACHINE_MS},
				     for_role = {.method = "GET", .timeout_ms = MACHINE_MS};
	const struct ks_vault_sent nothing = {0};
	struct ks_vault_sent sent = {0};
	const char *role = NULL, *url = NULL;
	char *escaped = NULL;
	enum ks_result result = KS_OK;

	for_token.url = ks_vault_text(call, base, "/latest/api/token", NULL);
	for_role.url = ks_vault_text(call, base, "/latest/meta-data/iam/security-credentials/", NULL);
	if (!for_token.url || !for_role.url)
		return ks_vault_fail_memory(call);
	ks_vault_http_add(&for_token, "X-aws-ec2-metadata-token-ttl-seconds", "60");
	result = ks_vault_issuer_ask_word(call, &for_token, &nothing, &sent.token);
	if (result != KS_OK)
		return result;
	ks_vault_http_add(&for_role, "X-aws-ec2-metadata-token", sent.token);
	result = ks_vault_issuer_ask_word(call, &for_role, &sent, &role);
	if (result != KS_OK)
		return result;
	escaped = ks_vault_path_escape(role);
	url = escaped ? ks_vault_text(call, for_role.url, escaped, NULL) : NULL;
	ks_vault_free(escaped);
	return url ? ask(call, url, "X-aws-ec2-metadata-token", sent.token, aws) : ks_vault_fail_memory(call);
}

/* Without a slash at the end; NULL where it is not to be asked. */
static enum ks_result find_endpoint(struct ks_vault_call *call, const char **ret_endpoint)
{
	struct ks_vault_variable disabled = {0}, endpoint = {0};
	enum ks_result result = ks_vault_variable(call, "AWS_EC2_METADATA_DISABLED", &disabled);
	const char *fault = NULL;
	size_t length = 0;

	if (result == KS_OK)
		result = ks_vault_variable(call, "AWS_EC2_METADATA_SERVICE_ENDPOINT", &endpoint);
	if (result != KS_OK || (disabled.value && strcasecmp(disabled.value, "true") == 0))
		return result;
	*ret_endpoint = INSTANCES;
	if (!endpoint.value || !endpoint.value[0])
		return KS_OK;
	fault = ks_vault_metadata_check(endpoint.value);
	if (!fault && strpbrk(endpoint.value, "?#"))
		fault = "holds a query or a fragment";
	if (fault)
		return ks_vault_fail(call, KS_MISCONFIGURED, endpoint.name, "correct it, or unset it", "%s", fault);
	for (length = strlen(endpoint.value); endpoint.value[length - 1] == '/'; length--)
		continue;
	return ks_vault_keep(call, endpoint.value, length, ret_endpoint);
}

enum ks_result ks_vault_aws_of_machine(struct ks_vault_call *call, struct ks_vault_aws *aws)
{
	const char *endpoint = NULL;
	bool is_there = false;
	enum ks_result result = find_of_container(call, aws, &is_there);

	if (result == KS_OK && !is_there)
		result = find_endpoint(call, &endpoint);
	if (result != KS_OK || is_there)
		return result;
	if (!endpoint)
		return ks_vault_fail(call, KS_UNAVAILABLE, "auth=aws", USE_AUTH,
			"finds no keys of AWS: not in the environment, in no file, and AWS_EC2_METADATA_DISABLED is "
			"true");
	result = find_of_instance(call, endpoint, aws);
	if (result == KS_UNAVAILABLE)
		return ks_vault_fail(call, KS_UNAVAILABLE, "auth=aws", USE_AUTH,
			"finds no keys of AWS: not in the environment, in no file, and not on this machine (%s %s)",
			call->failure.source, call->failure.reason);
	return result;
}
