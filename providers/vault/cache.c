/* SPDX-License-Identifier: MIT */
#include "providers/vault/cache.h"

#include <string.h>
#include <time.h>

#include "providers/vault/memory.h"
#include "providers/vault/session.h"
#include "providers/vault/token.h"

enum {
	LEASE_MAX_S = 10 * 365 * 24 * 60 * 60,
	END_MARGIN_S = 30 /* what ends so soon is read again: the host takes it for over before its end */
};

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
	struct ks_vault_secret secret = {
		.source = ks_vault_copy(cached->source), .version = cached->version, .read_at = cached->read_at};

	if (!secret.source)
		return ks_vault_fail_memory(call);
	secret.root = json_incref(cached->root);
	*ret_secret = secret;
	return KS_OK;
}

int64_t ks_vault_cache_time(const struct ks_vault *vault, const struct ks_vault_secret *secret)
{
	const json_int_t lease = json_integer_value(json_object_get(secret->root, "lease_duration"));
	int64_t lease_ms = 0;

	if (secret->version != 1 || lease <= 0)
		return vault->cache_ms;
	lease_ms = (lease < LEASE_MAX_S ? lease : LEASE_MAX_S) * 1000;
	return vault->cache_ms == 0 || lease_ms < vault->cache_ms ? lease_ms : vault->cache_ms;
}

void ks_vault_cache_keep(struct ks_vault *vault, struct ks_vault_secret *secret)
{
	struct ks_vault_cached *cached = &vault->cached;
	int64_t time_ms = 0;

	if (!secret->identity)
		return;
	time_ms = ks_vault_cache_time(vault, secret);
	ks_vault_cache_clear(cached);
	cached->source = ks_vault_copy(secret->source);
	if (!cached->source)
		return;
	cached->identity = secret->identity;
	secret->identity = NULL;
	cached->root = json_incref(secret->root);
	cached->version = secret->version;
	cached->read_at = secret->read_at;
	cached->refresh_at = secret->read_at + time_ms * 2 / 3;
	cached->expires_at = secret->read_at + time_ms;
	cached->ends_at = secret->ends_at;
}

/* Whether what was kept may be given to that one. */
static bool is_good(const struct ks_vault_cached *cached, const char *identity)
{
	return cached->identity && strcmp(cached->identity, identity) == 0 && ks_vault_now() < cached->expires_at &&
	       (cached->ends_at == 0 || (int64_t)time(NULL) + END_MARGIN_S < cached->ends_at);
}

enum ks_result ks_vault_cache_find(struct ks_vault_call *call,
	enum ks_result (*read)(struct ks_vault_call *call, struct ks_vault_secret *ret_secret),
	struct ks_vault_secret *ret_secret)
{
	const struct ks_vault_cached *cached = &call->vault->cached;
	char *identity = NULL;
	bool may_take = false;
	enum ks_result result = KS_OK;

	if (call->vault->cache_ms == 0)
		return read(call, ret_secret);
	identity = identify(call, &result);
	if (!identity)
		return result;
	may_take = is_good(cached, identity) && !(call->request->flags & KS_PROVIDER_FRESH);
	if (may_take && ks_vault_now() < cached->refresh_at) {
		ks_vault_free(identity);
		return take(call, ret_secret);
	}
	result = read(call, ret_secret);
	if (result == KS_OK) {
		ret_secret->identity = identity;
		return KS_OK;
	}
	ks_vault_free(identity);
	if (result != KS_UNAVAILABLE || !may_take)
		return result;
	ks_vault_warn(
		call, "what was read before is used once more: %s %s", call->failure.source, call->failure.reason);
	return take(call, ret_secret);
}
