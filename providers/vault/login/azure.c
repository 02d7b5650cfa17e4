/* SPDX-License-Identifier: MIT */
/*
 * auth=azure: a token of the managed identity of a machine of Azure, and which machine it is, both by its metadata
 * server. (Vault's API documentation, auth/azure)
 */
#include "providers/vault/address.h"
#include "providers/vault/login/issuer.h"
#include "providers/vault/login/metadata.h"
#include "providers/vault/login/methods.h"
#include "providers/vault/memory.h"
#include "providers/vault/text.h"

#define SERVER "http://" KS_VAULT_METADATA_HOST "/metadata"

const char *ks_vault_azure_check(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	*ret_option = KS_VAULT_AUTH;
	return vault->options[KS_VAULT_ROLE] ? NULL : "needs role=";
}

static struct ks_vault_metadata question(const char *url)
{
	return (struct ks_vault_metadata){.cloud = "Azure", .url = url, .name = "Metadata", .value = "true"};
}

static enum ks_result set_token(struct ks_vault_call *call, struct ks_vault_login *login)
{
	char *resource = ks_vault_path_escape(ks_vault_option(call->vault, KS_VAULT_AZURE_RESOURCE));
	struct ks_vault_metadata metadata = question(
		resource ? ks_vault_text(call,
				   SERVER "/identity/oauth2/token?api-version=2018-02-01&resource=", resource, NULL)
			 : NULL);
	const struct ks_vault_http_request request = {.url = metadata.url};
	const char *token = NULL;
	json_t *root = NULL;
	enum ks_result result = KS_OK;

	ks_vault_free(resource);
	if (!metadata.url)
		return ks_vault_fail_memory(call);
	result = ks_vault_metadata_json(call, &metadata, &root);
	if (result == KS_OK)
		result = ks_vault_issuer_take(call, &request, root, "access_token", &token);
	json_decref(root);
	return result == KS_OK ? ks_vault_login_set(call, login, "jwt", token) : result;
}

/* A machine has a name, or is one of a scale set that has one, or both. */
static enum ks_result set_machine(struct ks_vault_call *call, struct ks_vault_login *login)
{
	static const struct {
		const char *told, *name;
		bool may_lack;
	} rows[] = {
		{"subscriptionId", "subscription_id", false},
		{"resourceGroupName", "resource_group_name", false},
		{"name", "vm_name", true},
		{"vmScaleSetName", "vmss_name", true},
	};
	const struct ks_vault_metadata metadata = question(SERVER "/instance?api-version=2021-05-01");
	const struct ks_vault_http_request request = {.url = metadata.url};
	const json_t *compute = NULL;
	const char *value = NULL;
	json_t *root = NULL;
	enum ks_result result = ks_vault_metadata_json(call, &metadata, &root);

	compute = json_object_get(root, "compute");
	for (size_t i = 0; result == KS_OK && i < sizeof(rows) / sizeof(rows[0]); i++) {
		value = ks_vault_string(compute, rows[i].told);
		if (value)
			result = ks_vault_login_set(call, login, rows[i].name, value);
		else if (!rows[i].may_lack)
			result =
				ks_vault_issuer_fail(call, &request, "answered without saying which machine this is");
	}
	json_decref(root);
	return result;
}

enum ks_result ks_vault_azure_prepare(struct ks_vault_call *call, struct ks_vault_login *login)
{
	enum ks_result result = set_token(call, login);

	if (result == KS_OK)
		result = set_machine(call, login);
	if (result == KS_OK)
		result = ks_vault_login_set(call, login, "role", call->vault->options[KS_VAULT_ROLE]);
	return result;
}
