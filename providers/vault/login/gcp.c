/* SPDX-License-Identifier: MIT */
/*
 * auth=gcp: a token that says who this machine of Google Cloud is, by its metadata server (gce); or one that is made
 * for Vault, which IAM signs with the key of a service account (iam). (Vault's API documentation, auth/gcp)
 */
#include <string.h>
#include <strings.h>
#include <time.h>

#include "providers/vault/address.h"
#include "providers/vault/environment.h"
#include "providers/vault/login/issuer.h"
#include "providers/vault/login/metadata.h"
#include "providers/vault/login/methods.h"
#include "providers/vault/memory.h"
#include "providers/vault/text.h"

#define CLOUD "Google Cloud"
#define HOST_VARIABLE "GCE_METADATA_HOST"
#define ACCOUNTS "/computeMetadata/v1/instance/service-accounts/"
#define SIGNER "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"

enum {
	SIGNED_S = 10 * 60 /* how long a token that is made is good; a role lets 15 minutes pass */
};

const char *ks_vault_gcp_check(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	const char *account = vault->options[KS_VAULT_GCP_ACCOUNT];

	*ret_option = KS_VAULT_AUTH;
	if (!vault->options[KS_VAULT_ROLE])
		return "needs role=";
	/* it is a part of a path */
	*ret_option = KS_VAULT_GCP_ACCOUNT;
	if (account &&
		(!account[0] || strpbrk(account, "/ ") || strcmp(account, ".") == 0 || strcmp(account, "..") == 0))
		return "is no service account";
	return NULL;
}

/* The metadata server: its usual names are its usual address. */
static enum ks_result find_server(struct ks_vault_call *call, const char **ret_base)
{
	static const char *const usual[] = {"", "metadata", "metadata.google.internal"};
	struct ks_vault_variable variable = {0};
	enum ks_result result = ks_vault_variable(call, HOST_VARIABLE, &variable);
	const char *host = variable.value ? variable.value : "", *fault = NULL;

	if (result != KS_OK)
		return result;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (strcasecmp(host, usual[i]) == 0)
			host = KS_VAULT_METADATA_HOST;
	*ret_base = ks_vault_text(call, "http://", host, NULL);
	if (!*ret_base)
		return ks_vault_fail_memory(call);
	fault = strpbrk(host, "/?#@") ? "is no HOST[:PORT]" : ks_vault_metadata_check(*ret_base);
	return fault ? ks_vault_fail(call, KS_MISCONFIGURED, HOST_VARIABLE, "correct it, or unset it", "%s", fault)
		     : KS_OK;
}

/* What is asked of an account of the machine's. NULL without memory. */
static const char *url_of(struct ks_vault_call *call, const char *base, const char *account, const char *question)
{
	char *escaped = ks_vault_path_escape(account);
	const char *url = escaped ? ks_vault_text(call, base, ACCOUNTS, escaped, question, NULL) : NULL;

	ks_vault_free(escaped);
	return url;
}

static struct ks_vault_metadata question(const char *url)
{
	return (struct ks_vault_metadata){.cloud = CLOUD, .url = url, .name = "Metadata-Flavor", .value = "Google"};
}

/* The audience is what Vault's own client names: the server looks at its end. */
static enum ks_result ask_identity(
	struct ks_vault_call *call, const char *base, const char *role, const char **ret_jwt)
{
	char *audience = ks_vault_join(call->target.base, "/vault/", role, NULL),
	     *escaped = audience ? ks_vault_path_escape(audience) : NULL;
	const char *query =
		escaped ? ks_vault_text(call, "/identity?audience=", escaped, "&format=full", NULL) : NULL;
	struct ks_vault_metadata metadata = question(
		query ? url_of(call, base, ks_vault_option(call->vault, KS_VAULT_GCP_ACCOUNT), query) : NULL);

	ks_vault_free(audience);
	ks_vault_free(escaped);
	return metadata.url ? ks_vault_metadata_word(call, &metadata, ret_jwt) : ks_vault_fail_memory(call);
}

/* Whom the token is made for: the entry's account, else the machine's. */
static enum ks_result find_account(struct ks_vault_call *call, const char *base, const char **ret_account)
{
	const char *account = ks_vault_option(call->vault, KS_VAULT_GCP_ACCOUNT);
	struct ks_vault_metadata metadata = {0};

	if (strcmp(account, "default") != 0) {
		*ret_account = account;
		return KS_OK;
	}
	metadata = question(url_of(call, base, account, "/email"));
	return metadata.url ? ks_vault_metadata_word(call, &metadata, ret_account) : ks_vault_fail_memory(call);
}

/* The token with which the machine may ask Google for something. */
static enum ks_result ask_token(struct ks_vault_call *call, const char *base, const char **ret_token)
{
	struct ks_vault_metadata metadata = question(url_of(call, base, "default", "/token"));
	const struct ks_vault_http_request request = {.url = metadata.url};
	json_t *root = NULL;
	enum ks_result result = KS_OK;

	if (!metadata.url)
		return ks_vault_fail_memory(call);
	result = ks_vault_metadata_json(call, &metadata, &root);
	if (result == KS_OK)
		result = ks_vault_issuer_take(call, &request, root, "access_token", ret_token);
	json_decref(root);
	return result;
}

/* {"payload": "..."}, in the host's memory; NULL without memory. */
static const char *pack_claims(struct ks_vault_call *call, const char *account, const char *role)
{
	const char *audience = ks_vault_text(call, "vault/", role, NULL), *body = NULL;
	json_t *claims = NULL, *outer = NULL;
	char *text = NULL, *outer_text = NULL;

	ks_vault_memory_forgive();
	claims = audience ? json_pack("{s:s, s:s, s:I}", "aud", audience, "sub", account, "exp",
				    (json_int_t)time(NULL) + SIGNED_S)
			  : NULL;
	text = claims ? json_dumps(claims, JSON_COMPACT) : NULL;
	outer = text ? json_pack("{s:s}", "payload", text) : NULL;
	outer_text = outer ? json_dumps(outer, JSON_COMPACT) : NULL;
	if (outer_text && !ks_vault_memory_failed())
		body = ks_vault_text(call, outer_text, NULL);
	ks_vault_free(outer_text);
	ks_vault_free(text);
	json_decref(outer);
	json_decref(claims);
	return body;
}

static enum ks_result ask_signature(
	struct ks_vault_call *call, const char *account, const char *role, const char *token, const char **ret_jwt)
{
	char *escaped = ks_vault_path_escape(account);
	const char *url = escaped ? ks_vault_text(call, SIGNER, escaped, ":signJwt", NULL) : NULL;
	struct ks_vault_http_request request = {
		.method = "POST", .url = url, .body = pack_claims(call, account, role)};
	const char *bearer = ks_vault_text(call, "Bearer ", token, NULL);
	const struct ks_vault_sent sent = {.token = token};
	json_t *root = NULL;
	enum ks_result result = KS_OK;

	ks_vault_free(escaped);
	if (!request.url || !request.body || !bearer)
		return ks_vault_fail_memory(call);
	ks_vault_http_add(&request, "Authorization", bearer);
	ks_vault_http_add(&request, "Content-Type", "application/json");
	result = ks_vault_issuer_ask_json(call, &request, &sent, &root);
	if (result == KS_OK)
		result = ks_vault_issuer_take(call, &request, root, "signedJwt", ret_jwt);
	json_decref(root);
	return result;
}

static enum ks_result make_token(struct ks_vault_call *call, const char *base, const char *role, const char **ret_jwt)
{
	const char *account = NULL, *token = NULL;
	enum ks_result result = find_account(call, base, &account);

	if (result == KS_OK)
		result = ask_token(call, base, &token);
	return result == KS_OK ? ask_signature(call, account, role, token, ret_jwt) : result;
}

enum ks_result ks_vault_gcp_prepare(struct ks_vault_call *call, struct ks_vault_login *login)
{
	const char *role = call->vault->options[KS_VAULT_ROLE], *base = NULL, *jwt = NULL;
	enum ks_result result = find_server(call, &base);

	if (result == KS_OK)
		result = ks_vault_option_is(call->vault, KS_VAULT_GCP_TYPE, "iam")
				 ? make_token(call, base, role, &jwt)
				 : ask_identity(call, base, role, &jwt);
	if (result == KS_OK)
		result = ks_vault_login_set(call, login, "jwt", jwt);
	return result == KS_OK ? ks_vault_login_set(call, login, "role", role) : result;
}
