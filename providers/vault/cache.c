/* SPDX-License-Identifier: MIT */
#include "providers/vault/cache.h"

#include <string.h>

#include "providers/vault/memory.h"
#include "providers/vault/session.h"
#include "providers/vault/token.h"

void ks_vault_cache_clear(struct ks_vault_cached *cached)
{
	ks_vault_free(cached->identity);
	ks_vault_free(cached->source);
	json_decref(cached->root);
	*cached = (struct ks_vault_cached){0};
}

/* Whose answer it is: another token may see another secret. NULL, with the result and why. */
static char *identify(struct ks_vault_call *call, enum ks_result *ret_result)
{
	const char *token = NULL;
	char *identity = NULL;

	if (ks_vault_option_is(call->vault, KS_VAULT_AUTH, "token"))
		*ret_result = ks_vault_token_find(call, &token);
	if (*ret_result != KS_OK)
		return NULL;
	identity = ks_vault_identity(call, token);
	if (!identity)
		*ret_result = ks_vault_fail_memory(call);
	return identity;
}

static enum ks_result take(struct ks_vault_call *call, struct ks_vault_secret *ret_secret)
{
	const struct ks_vault_cached *cached = &call->vault->cached;
	struct ks_vault_secret secret = {.source = ks_vault_copy(cached->source), .version = cached->version};

	if (!secret.source)
		return ks_vault_fail_memory(call);
	secret.root = json_incref(cached->root);
	*ret_secret = secret;
	return KS_OK;
}

/* Without memory for it nothing is kept, and the answer is given all the same. */
static void keep(struct ks_vault_call *call, char *identity, const struct ks_vault_secret *secret)
{
	struct ks_vault_cached *cached = &call->vault->cached;
	const int64_t now = ks_vault_now();

	ks_vault_cache_clear(cached);
	cached->source = ks_vault_copy(secret->source);
	cached->identity = cached->source ? identity : NULL;
	if (!cached->identity) {
		ks_vault_free(identity);
		ks_vault_cache_clear(cached);
		return;
	}
	cached->root = json_incref(secret->root);
	cached->version = secret->version;
	cached->refresh_at = now + call->vault->cache_ms * 2 / 3;
	cached->expires_at = now + call->vault->cache_ms;
}

enum ks_result ks_vault_cache_find(struct ks_vault_call *call,
	enum ks_result (*read)(struct ks_vault_call *call, struct ks_vault_secret *ret_secret),
	struct ks_vault_secret *ret_secret)
{
	struct ks_vault_cached *cached = &call->vault->cached;
	char *identity = NULL;
	bool is_good = false;
	enum ks_result result = KS_OK;

	if (call->vault->cache_ms == 0)
		return read(call, ret_secret);
	identity = identify(call, &result);
	if (!identity)
		return result;
	is_good = cached->identity && strcmp(cached->identity, identity) == 0 &&
		  ks_vault_now() < cached->expires_at && !(call->request->flags & KS_PROVIDER_FRESH);
	if (is_good && ks_vault_now() < cached->refresh_at) {
		ks_vault_free(identity);
		return take(call, ret_secret);
	}
	result = read(call, ret_secret);
	if (result == KS_OK) {
		keep(call, identity, ret_secret);
		return KS_OK;
	}
	ks_vault_free(identity);
	if (result != KS_UNAVAILABLE || !is_good)
		return result;
	ks_vault_warn(
		call, "what was read before is used once more: %s %s", call->failure.source, call->failure.reason);
	return take(call, ret_secret);
}
