/* SPDX-License-Identifier: MIT */
#include "providers/vault/login/github-actions.h"

#include <string.h>

#include "providers/vault/address.h"
#include "providers/vault/client.h"
#include "providers/vault/login/issuer.h"
#include "providers/vault/login/login.h"
#include "providers/vault/memory.h"
#include "providers/vault/source.h"
#include "providers/vault/text.h"

/* docs.github.com, "OpenID Connect reference" */
#define URL_VARIABLE "ACTIONS_ID_TOKEN_REQUEST_URL"
#define TOKEN_VARIABLE "ACTIONS_ID_TOKEN_REQUEST_TOKEN"

static enum ks_result find(struct ks_vault_call *call, const char *variable, const char **ret_text)
{
	const struct ks_vault_source source = {.variable = variable,
		.absent = KS_MISCONFIGURED,
		.remedy = "run in a job of GitHub Actions that has permissions: id-token: write"};
	struct ks_vault_found found = {0};
	enum ks_result result = ks_vault_source_word(call, &source, &found);

	if (result == KS_OK)
		*ret_text = found.text;
	return result;
}

/* The request's token goes with it, so that not every address will do. */
static enum ks_result check_url(struct ks_vault_call *call, const char *url)
{
	const char *address = NULL, *fault = "is no URL of a server";
	char *copy = ks_vault_copy_n(url, strcspn(url, "?"));

	if (!copy)
		return ks_vault_fail_memory(call);
	address = copy;
	if (strncmp(address, "https://", 8) == 0 || strncmp(address, "http://", 7) == 0)
		fault = ks_vault_address_check(address);
	ks_vault_free(copy);
	return fault ? ks_vault_fail(call, KS_MISCONFIGURED, URL_VARIABLE, "leave it as GitHub Actions sets it", "%s",
			       fault)
		     : KS_OK;
}

static const char *add_audience(struct ks_vault_call *call, const char *url)
{
	const char *audience = ks_vault_option(call->vault, KS_VAULT_AUDIENCE), *whole = NULL;
	char *escaped = NULL;

	if (!audience)
		return url;
	escaped = ks_vault_path_escape(audience);
	if (escaped)
		whole = ks_vault_text(call, url, strchr(url, '?') ? "&" : "?", "audience=", escaped, NULL);
	ks_vault_free(escaped);
	return whole;
}

static enum ks_result ask(struct ks_vault_call *call, const char *url, const char *token, const char **ret_jwt)
{
	struct ks_vault_http_request request = {.method = "GET", .url = add_audience(call, url)};
	const char *bearer = ks_vault_text(call, "Bearer ", token, NULL);
	const struct ks_vault_sent sent = {.token = token};
	enum ks_result result = KS_OK;
	json_t *root = NULL;

	if (!request.url || !bearer)
		return ks_vault_fail_memory(call);
	ks_vault_http_add(&request, "Authorization", bearer);
	ks_vault_http_add(&request, "Accept", "application/json");
	result = ks_vault_issuer_ask_json(call, &request, &sent, &root);
	if (result != KS_OK)
		return result;
	result = ks_vault_issuer_take(call, &request, root, "value", ret_jwt);
	json_decref(root);
	return result;
}

enum ks_result ks_vault_github_token(struct ks_vault_call *call, const char **ret_jwt)
{
	const char *url = NULL, *token = NULL;
	enum ks_result result = find(call, URL_VARIABLE, &url);

	if (result == KS_OK)
		result = find(call, TOKEN_VARIABLE, &token);
	if (result == KS_OK)
		result = check_url(call, url);
	return result == KS_OK ? ask(call, url, token, ret_jwt) : result;
}
