/* SPDX-License-Identifier: MIT */
/*
 * vault.so: a credential in HashiCorp Vault or OpenBao.
 */
#include "providers/vault/vault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "providers/support/file.h"
#include "providers/vault/address.h"
#include "providers/vault/cache.h"
#include "providers/vault/http.h"
#include "providers/vault/login/login.h"
#include "providers/vault/login/options.h"
#include "providers/vault/memory.h"
#include "providers/vault/mount.h"
#include "providers/vault/secret.h"
#include "providers/vault/session.h"
#include "providers/vault/target.h"
#include "providers/vault/token.h"

/* Its columns are read in options.h; the core checks values by it before the module sees them. */
#define NAME_(name, type, flag, fallback, help) {name "=", #type, fallback},
static const struct {
	const char *name, *type, *fallback;
} rows[] = {KS_VAULT_OPTIONS(NAME_)};
_Static_assert(sizeof(rows) / sizeof(rows[0]) == KS_VAULT_OPTION_COUNT, "each option has a row");

const char *ks_vault_option_name(enum ks_vault_option option)
{
	return rows[option].name;
}

/* The first of a CHOICE's words, without the others. */
static const char *first_word(const char *words)
{
	static const char *const firsts[] = {"api-key", "auto", "file", "gce", "no", "private", "token", "yes"};

	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++)
		if (strcspn(words, "|") == strlen(firsts[i]) && strncmp(words, firsts[i], strlen(firsts[i])) == 0)
			return firsts[i];
	return NULL;
}

const char *ks_vault_option(const struct ks_vault *vault, enum ks_vault_option option)
{
	if (vault->options[option])
		return vault->options[option];
	if (strcmp(rows[option].type, "CHOICE") == 0)
		return first_word(rows[option].fallback);
	return rows[option].fallback[0] ? rows[option].fallback : NULL;
}

bool ks_vault_option_is(const struct ks_vault *vault, enum ks_vault_option option, const char *word)
{
	const char *value = ks_vault_option(vault, option);

	return value && strcmp(value, word) == 0;
}

enum ks_result ks_vault_fail(struct ks_vault_call *call, enum ks_result result, const char *source,
	const char *remedy, const char *reason, ...)
{
	struct ks_vault_failure failure = {.host_advises = !remedy};
	va_list arguments;

	/* what is told may be a part of what was told before */
	va_start(arguments, reason);
	(void)vsnprintf(failure.reason, sizeof(failure.reason), reason, arguments);
	va_end(arguments);
	(void)snprintf(failure.source, sizeof(failure.source), "%s", source);
	(void)snprintf(failure.remedy, sizeof(failure.remedy), "%s", remedy ? remedy : "");
	call->failure = failure;
	return result;
}

enum ks_result ks_vault_fail_memory(struct ks_vault_call *call)
{
	return ks_vault_fail(call, KS_ERROR,
		call->target.base ? call->target.base : ks_vault_option_name(KS_VAULT_ADDR),
		"free some, and try again", "cannot be asked: out of memory");
}

void ks_vault_warn(struct ks_vault_call *call, const char *format, ...)
{
	char line[KS_MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	call->host->log(call->host, KS_LOG_WARNING, line);
}

static uint32_t kind_of(const char *word)
{
	if (strcmp(word, "setup-token") == 0)
		return KS_KIND_SETUP_TOKEN;
	return strcmp(word, "gateway-token") == 0 ? KS_KIND_GATEWAY_TOKEN : KS_KIND_API_KEY;
}

static int trust_of(const char *word)
{
	return strcmp(word, "systemd") == 0 ? KS_TRUST_SYSTEMD : ks_file_trust(word);
}

/* Milliseconds of a duration that the core has checked. */
static int64_t duration_of(const char *text)
{
	char *unit = NULL;
	const int64_t number = text ? strtoll(text, &unit, 10) : 0;

	if (number == 0 || strcmp(unit, "ms") == 0)
		return number;
	return number * (*unit == 's' ? 1000 : 60000);
}

/* What is wrong with the entry by itself: NULL, or a phrase. */
static const char *check(const struct ks_vault *vault, enum ks_vault_option *ret_option)
{
	const char *fault = ks_vault_path_check(vault->options[KS_VAULT_PATH]);
	size_t length = 0;

	*ret_option = KS_VAULT_PATH;
	if (!fault && !strchr(vault->options[KS_VAULT_PATH], '/'))
		fault = "is a mount without a secret in it";
	if (fault)
		return fault;
	*ret_option = KS_VAULT_MOUNT;
	if (vault->options[KS_VAULT_MOUNT] &&
		!ks_vault_mount_split(vault->options[KS_VAULT_PATH], vault->options[KS_VAULT_MOUNT], &length))
		return "is not how path= begins";
	fault = ks_vault_secret_check(vault, ret_option);
	if (fault)
		return fault;
	fault = ks_vault_target_check(vault, ret_option);
	return fault ? fault : ks_vault_login_options_check(vault, ret_option);
}

static int open_vault(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	struct ks_vault *vault = calloc(1, sizeof(*vault));
	enum ks_vault_option option = KS_VAULT_AUTH;
	const char *fault = NULL;

	if (!vault)
		return KS_ERROR;
	for (uint32_t i = 0; i < KS_VAULT_OPTION_COUNT; i++)
		vault->options[i] = KS_SETTING(settings, stride, i);
	vault->kind = kind_of(ks_vault_option(vault, KS_VAULT_KIND));
	vault->trust = trust_of(ks_vault_option(vault, KS_VAULT_TRUST));
	vault->cache_ms = duration_of(vault->options[KS_VAULT_CACHE]);
	vault->method = ks_vault_method_named(ks_vault_option(vault, KS_VAULT_AUTH));
	ks_vault_memory_forgive();
	fault = vault->method ? check(vault, &option) : "is no way to log in";
	if (fault || ks_vault_memory_failed()) {
		free(vault);
		return ks_vault_memory_failed() ? KS_ERROR : host->bad_option(host, option, fault);
	}
	*ret_state = vault;
	return KS_OK;
}

static void close_vault(void *state)
{
	struct ks_vault *vault = state;

	if (!vault)
		return;
	ks_vault_session_clear(&vault->session);
	ks_vault_free(vault->unwrapped);
	ks_vault_free(vault->secret_id);
	ks_vault_mount_clear(&vault->mount);
	ks_vault_cache_clear(&vault->cached);
	free(vault);
}

/* Reads with a token that others keep, or without one. */
static enum ks_result read_with_token(struct ks_vault_call *call, struct ks_vault_secret *ret_secret)
{
	struct ks_vault_pass pass = {0};
	bool is_forbidden = false;
	enum ks_result result = KS_OK;

	if (!ks_vault_option_is(call->vault, KS_VAULT_AUTH, "none"))
		result = ks_vault_token_find(call, &pass.token);
	if (result != KS_OK)
		return result;
	return ks_vault_kv_read(call, &pass, ret_secret, &is_forbidden);
}

/* Reads with requests that log in themselves. */
static enum ks_result read_inline(struct ks_vault_call *call, struct ks_vault_secret *ret_secret)
{
	struct ks_vault_inline login = {0};
	const struct ks_vault_pass pass = {.inline_login = &login};
	bool is_forbidden = false;
	enum ks_result result = ks_vault_login_inline(call, &login);

	if (result == KS_OK)
		result = ks_vault_kv_read(call, &pass, ret_secret, &is_forbidden);
	json_decref(login.fields);
	return result;
}

/*
 * Reads with a token of our own. One that was kept may have died early, so where it is refused there is one new login
 * and one more try.
 */
static enum ks_result read_with_login(struct ks_vault_call *call, struct ks_vault_secret *ret_secret)
{
	struct ks_vault_session *session = &call->vault->session;
	struct ks_vault_pass pass = {.session = session};
	const bool revokes = ks_vault_option_is(call->vault, KS_VAULT_REVOKE, "yes");
	bool is_new = false, is_forbidden = true;
	enum ks_result result = KS_OK;

	while (is_forbidden && !is_new) {
		result = ks_vault_session_hold(call, &is_new);
		if (result != KS_OK)
			return result;
		pass.token = session->token;
		pass.index = session->index;
		result = ks_vault_kv_read(call, &pass, ret_secret, &is_forbidden);
		/* a new one that may not read is alive, and is to be revoked */
		if (is_forbidden && !(is_new && revokes))
			ks_vault_session_clear(session);
	}
	if (revokes)
		ks_vault_session_revoke(call);
	return result;
}

static enum ks_result read_secret(struct ks_vault_call *call, struct ks_vault_secret *ret_secret)
{
	if (!call->vault->method->prepare)
		return read_with_token(call, ret_secret);
	if (ks_vault_option_is(call->vault, KS_VAULT_INLINE, "yes"))
		return read_inline(call, ret_secret);
	return read_with_login(call, ret_secret);
}

/* KS_OK and a secret, of which *ret_is_told says nothing yet; or the result and why. */
static int answer(struct ks_vault_call *call, bool *ret_is_told)
{
	struct ks_vault_secret secret = {0};
	enum ks_result result = ks_vault_target_find(call);

	if (result == KS_OK)
		result = ks_vault_cache_find(call, read_secret, &secret);
	if (result == KS_OK)
		result = (enum ks_result)ks_vault_secret_deliver(call, &secret, ret_is_told);
	if (result == KS_OK)
		ks_vault_cache_keep(call->vault, &secret);
	ks_vault_secret_finish(&secret);
	return (int)result;
}

static int resolve_vault(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	struct ks_vault_call call = {.vault = state, .host = host, .request = request};
	const char *fault = ks_vault_memory_init();
	bool is_told = false;
	int result = KS_OK;

	if (fault)
		result = (int)ks_vault_fail(&call, KS_ERROR, "vault.so", "leave out @isolate=none", "%s", fault);
	else
		result = answer(&call, &is_told);
	ks_vault_target_finish(&call.target);
	/* an application may close what it does not know, and its own socket would be sent the next request's token
	 */
	ks_vault_http_close(call.http);
	if (!is_told)
		result = host->fail(host, result, call.failure.source, call.failure.reason,
			call.failure.host_advises ? NULL : call.failure.remedy);
	return result;
}

KS_PROVIDER("vault", KS_VERSION, "a secret in HashiCorp Vault or OpenBao", KS_PROVIDER_NETWORK,
	KS_TRANSPORT_API | KS_TRANSPORT_CLI, KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN | KS_KIND_SETUP_TOKEN,
	KS_VAULT_OPTIONS, KS_VAULT_ENVIRONMENT, open_vault, resolve_vault, close_vault)
