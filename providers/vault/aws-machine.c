/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <strings.h>

#include "providers/vault/address.h"
#include "providers/vault/aws-credentials.h"
#include "providers/vault/client.h"
#include "providers/vault/environment.h"
#include "providers/vault/login.h"
#include "providers/vault/source.h"

/* docs.aws.amazon.com: ECS and EKS give containers keys there, and EC2 its instances. Plain HTTP, on the machine. */
#define CONTAINERS "http://169.254.170.2"
#define PODS "http://169.254.170.23/"
#define INSTANCES "http://169.254.169.254"
#define USE_AUTH "give the program keys of AWS, or use another auth="

enum {
	MACHINE_MS = 1000, /* it answers at once, or is not one of AWS's */
	TOKEN_MAX = 16 * 1024
};

/* Asks for keys, with a header that may be needed. */
static enum ks_result ask(
	struct ks_vault_call *call, const char *url, const char *header, const char *token, struct ks_vault_aws *aws)
{
	struct ks_vault_http_request request = {.method = "GET", .url = url, .timeout_ms = MACHINE_MS};
	const struct ks_vault_sent sent = {.token = token};
	static const char *const names[] = {"AccessKeyId", "SecretAccessKey", "Token"};
	const char *values[3] = {NULL};
	json_t *root = NULL;
	enum ks_result result = KS_OK;

	if (token)
		ks_vault_http_add(&request, header, token);
	result = ks_vault_ask_json(call, &request, &sent, &root);
	if (result != KS_OK)
		return result;
	for (unsigned i = 0; i < 3; i++) {
		values[i] = ks_vault_string(root, names[i]);
		values[i] = values[i] ? ks_vault_aws_copy(call, values[i], strlen(values[i])) : NULL;
	}
	*aws = (struct ks_vault_aws){.access_key = values[0], .secret_key = values[1], .session_token = values[2]};
	json_decref(root);
	return values[0] && values[1] ? ks_vault_aws_check(call, url, aws)
				      : ks_vault_fail_other(call, &request, "answered without keys of AWS");
}

/* A token goes along, so only where it can be meant to go. */
static bool is_for_containers(const char *url)
{
	return strncmp(url, CONTAINERS "/", sizeof(CONTAINERS)) == 0 || strncmp(url, PODS, sizeof(PODS) - 1) == 0 ||
	       (strncmp(url, "unix:", 5) != 0 && !ks_vault_address_check(url));
}

static enum ks_result find_token(struct ks_vault_call *call, const char **ret_token)
{
	struct ks_vault_source source = {.trust = KS_TRUST_MOUNTED, .limit = TOKEN_MAX, .absent = KS_UNAVAILABLE};
	struct ks_vault_variable file = {0}, token = {0};
	struct ks_vault_found found = {0};
	enum ks_result result = ks_vault_variable(call, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file);

	if (result == KS_OK)
		result = ks_vault_variable(call, "AWS_CONTAINER_AUTHORIZATION_TOKEN", &token);
	if (result != KS_OK)
		return result;
	if (file.value && file.value[0])
		source.path = file.value;
	else if (token.value && token.value[0])
		source.variable = token.name;
	else
		return KS_OK;
	result = ks_vault_source_word(call, &source, &found);
	if (result == KS_OK)
		*ret_token = found.text;
	return result;
}

static enum ks_result find_of_container(struct ks_vault_call *call, struct ks_vault_aws *aws, bool *ret_is_there)
{
	struct ks_vault_variable relative = {0}, full = {0};
	const char *url = NULL, *token = NULL;
	enum ks_result result = ks_vault_variable(call, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", &relative);

	if (result == KS_OK)
		result = ks_vault_variable(call, "AWS_CONTAINER_CREDENTIALS_FULL_URI", &full);
	if (result != KS_OK)
		return result;
	if (relative.value && relative.value[0])
		url = ks_vault_text(call, CONTAINERS, relative.value, NULL);
	else if (full.value && full.value[0])
		url = full.value;
	*ret_is_there = url != NULL;
	if (!url)
		return KS_OK;
	if (!is_for_containers(url))
		return ks_vault_fail(call, KS_MISCONFIGURED, relative.value ? relative.name : full.name,
			"leave it as the platform sets it", "names no place where a container gets keys of AWS");
	result = find_token(call, &token);
	return result == KS_OK ? ask(call, url, "Authorization", token, aws) : result;
}

/* The text that the machine answers, in the host's memory. */
static enum ks_result ask_text(
	struct ks_vault_call *call, struct ks_vault_http_request *request, const char *token, const char **ret_text)
{
	const struct ks_vault_sent sent = {.token = token};
	struct ks_vault_http_reply reply = {0};
	enum ks_result result = KS_OK;

	request->timeout_ms = MACHINE_MS;
	result = ks_vault_ask_other(call, request, &sent, &reply);
	if (result == KS_OK && reply.length > 0) {
		reply.body[strcspn(reply.body, "\r\n")] = '\0';
		*ret_text = ks_vault_aws_copy(call, reply.body, strlen(reply.body));
	}
	if (result == KS_OK && (!*ret_text || !**ret_text))
		result = ks_vault_fail_other(call, request, "answered with nothing that can be used");
	ks_vault_http_finish(&reply);
	return result;
}

/* Since version 2 a token is asked for first, by a PUT that no redirect and no proxy makes. */
static enum ks_result find_of_instance(struct ks_vault_call *call, const char *base, struct ks_vault_aws *aws)
{
	struct ks_vault_http_request for_token = {.method = "PUT", .body = ""}, for_role = {.method = "GET"};
	const char *token = NULL, *role = NULL, *url = NULL;
	enum ks_result result = KS_OK;

	for_token.url = ks_vault_text(call, base, "/latest/api/token", NULL);
	for_role.url = ks_vault_text(call, base, "/latest/meta-data/iam/security-credentials/", NULL);
	if (!for_token.url || !for_role.url)
		return ks_vault_fail_memory(call);
	ks_vault_http_add(&for_token, "X-aws-ec2-metadata-token-ttl-seconds", "60");
	result = ask_text(call, &for_token, NULL, &token);
	if (result != KS_OK)
		return result;
	ks_vault_http_add(&for_role, "X-aws-ec2-metadata-token", token);
	result = ask_text(call, &for_role, token, &role);
	if (result != KS_OK)
		return result;
	url = ks_vault_text(call, for_role.url, role, NULL);
	return url ? ask(call, url, "X-aws-ec2-metadata-token", token, aws) : ks_vault_fail_memory(call);
}

enum ks_result ks_vault_aws_of_machine(struct ks_vault_call *call, struct ks_vault_aws *aws)
{
	struct ks_vault_variable disabled = {0}, endpoint = {0};
	bool is_there = false;
	enum ks_result result = find_of_container(call, aws, &is_there);

	if (result != KS_OK || is_there)
		return result;
	result = ks_vault_variable(call, "AWS_EC2_METADATA_DISABLED", &disabled);
	if (result == KS_OK)
		result = ks_vault_variable(call, "AWS_EC2_METADATA_SERVICE_ENDPOINT", &endpoint);
	if (result != KS_OK)
		return result;
	if (disabled.value && strcasecmp(disabled.value, "true") == 0)
		return ks_vault_fail(call, KS_UNAVAILABLE, "auth=aws", USE_AUTH, "finds no keys of AWS anywhere");
	result = find_of_instance(call, endpoint.value && endpoint.value[0] ? endpoint.value : INSTANCES, aws);
	if (result == KS_UNAVAILABLE)
		return ks_vault_fail(call, KS_UNAVAILABLE, "auth=aws", USE_AUTH,
			"finds no keys of AWS: not in the environment, in no file, and not on this machine (%s %s)",
			call->failure.source, call->failure.reason);
	return result;
}
