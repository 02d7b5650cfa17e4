/* SPDX-License-Identifier: MIT */
/*
 * vault.so before a server that says whatever it likes: providers/vault/answer.c, and all that takes parts of an
 * answer. The input is the name of an entry below, and the server's answers as vault-server.h has them. The entry is
 * resolved twice, the second time when a token is to be renewed.
 */
#include <keystile/provider.h>

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "fuzz.h"
#include "providers/vault/answer.h"
#include "providers/vault/memory.h"
#include "providers/vault/options.h"
#include "vault-server.h"

enum {
	TIME_LEFT_MS = 60000,
	BLOCKS_MAX = 256,
	RESOLVES = 2
};

#define FIELD "api_key"
#define TOKEN "hvs.CANARY-CANARY-CANARY-TOKEN"
#define SECRET_ID "CANARY-CANARY-CANARY-SECRET-ID"

const struct ks_provider *keystile_provider_v1(uint32_t host_abi_minor);

static const struct {
	const char *name, *options[KS_VAULT_OPTION_COUNT];
} entries[] = {
	{"token", {[KS_VAULT_VERSION] = "3"}},
	{"fields", {[KS_VAULT_EXPIRES_FIELD] = "metadata:expires",
			   [KS_VAULT_BASE_URL_FIELD] = "url",
			   [KS_VAULT_WORKSPACE_FIELD] = "workspace",
			   [KS_VAULT_KV_VERSION] = "2",
			   [KS_VAULT_CACHE] = "15m"}},
	{"first", {[KS_VAULT_KV_VERSION] = "1", [KS_VAULT_EXPIRES_FIELD] = "expires", [KS_VAULT_AUTH] = "none"}},
	{"approle",
		{[KS_VAULT_AUTH] = "approle", [KS_VAULT_ROLE_ID] = "role", [KS_VAULT_SECRET_ID_VAR] = "SECRET_ID"}},
	{"inline", {[KS_VAULT_AUTH] = "approle",
			   [KS_VAULT_ROLE_ID] = "role",
			   [KS_VAULT_SECRET_ID_VAR] = "SECRET_ID",
			   [KS_VAULT_INLINE] = "yes"}},
	{"wrapped", {[KS_VAULT_AUTH] = "approle",
			    [KS_VAULT_ROLE_ID] = "role",
			    [KS_VAULT_SECRET_ID_VAR] = "WRAPPING",
			    [KS_VAULT_WRAPPED] = "yes",
			    [KS_VAULT_REVOKE] = "yes"}},
};

/* What the host gave, to be freed, and what it was told. */
static void *blocks[BLOCKS_MAX];
static size_t block_count;
static unsigned ended;
static bool tells; /* what is told of this input must not depend on a secret in it */

/* A text for people: a line, without what went out with the last request. */
static void tell(const char *text)
{
	PROPERTY(!server_was_sent(text));
	PROPERTY(ks_text_is_printable(text, strlen(text)));
	if (tells)
		fuzz_tell("%s\n", text);
}

static void log_line(const struct ks_host *host, int level, const char *text)
{
	(void)host;
	PROPERTY(level == KS_LOG_WARNING || level == KS_LOG_ALERT);
	tell(text);
}

static int get_variable(const struct ks_host *host, const char *name, const char **ret_value)
{
	(void)host;
	if (strcmp(name, "VAULT_TOKEN") == 0 || strcmp(name, "WRAPPING") == 0)
		*ret_value = TOKEN;
	else if (strcmp(name, "SECRET_ID") == 0)
		*ret_value = SECRET_ID;
	else
		return -ENOENT;
	return 0;
}

static int full_path(const struct ks_host *host, const char *path, const char **ret_path, const char **ret_reason)
{
	(void)host;
	(void)ret_reason;
	*ret_path = path;
	return 0;
}

static int open_private(const struct ks_host *host, const char *path, int trust, int *ret_fd, const char **ret_reason)
{
	(void)host;
	(void)path;
	(void)trust;
	*ret_fd = -1;
	*ret_reason = "is absent";
	return -ENOENT;
}

static void *allocate(const struct ks_host *host, size_t size)
{
	(void)host;
	PROPERTY(block_count < BLOCKS_MAX);
	blocks[block_count] = fuzz_block(NULL, size);
	memset(blocks[block_count], 0, size);
	return blocks[block_count++];
}

static int64_t time_left(const struct ks_host *host)
{
	(void)host;
	return TIME_LEFT_MS;
}

/* What is delivered is the field of the answer that came last to a read, and all else is what it may be. */
static int deliver(const struct ks_host *host, const struct ks_delivery *delivery)
{
	(void)host;
	ended++;
	PROPERTY(delivery->secret && delivery->secret[0]);
	PROPERTY(strlen(delivery->secret) == delivery->secret_length);
	PROPERTY(server_has_field(FIELD, delivery->secret));
	PROPERTY(delivery->expires_at >= 0 && delivery->refresh_at >= 0);
	PROPERTY(!delivery->base_url || delivery->base_url[0]);
	PROPERTY(strncmp(delivery->source, SERVER "/v1/ai/", sizeof(SERVER "/v1/ai/") - 1) == 0);
	tell(delivery->source);
	for (uint32_t i = 0; i < delivery->attribute_count; i++)
		PROPERTY(delivery->attributes[i].name && delivery->attributes[i].value[0]);
	return KS_OK;
}

static int refuse(const struct ks_host *host, int result, const char *source, const char *reason, const char *remedy)
{
	(void)host;
	ended++;
	PROPERTY(result > KS_OK && result != KS_NOT_CONFIGURED);
	tell(source);
	tell(reason);
	if (remedy)
		tell(remedy);
	return result;
}

static int refuse_option(const struct ks_host *host, uint32_t index, const char *reason)
{
	(void)host;
	(void)index;
	PROPERTY(!reason);
	return KS_ERROR;
}

static const struct ks_host host = {
	.size = sizeof(host),
	.log = log_line,
	.getenv = get_variable,
	.full_path = full_path,
	.open_private = open_private,
	.secret_alloc = allocate,
	.time_left = time_left,
	.deliver = deliver,
	.fail = refuse,
	.bad_option = refuse_option,
};

static void *open_entry(const char *const *options)
{
	struct ks_setting settings[KS_VAULT_OPTION_COUNT] = {{0}};
	void *state = NULL;

	for (size_t i = 0; i < KS_VAULT_OPTION_COUNT; i++)
		settings[i].value = options[i];
	settings[KS_VAULT_ADDR].value = SERVER;
	settings[KS_VAULT_PATH].value = "ai/claude";
	settings[KS_VAULT_RETRIES].value = "0";
	PROPERTY(keystile_provider_v1(KS_ABI_MINOR)->open(&host, settings, sizeof(settings[0]), &state) == KS_OK);
	return state;
}

static void resolve(void *state)
{
	const struct ks_provider_request request = {.size = sizeof(request)};

	ended = 0;
	(void)keystile_provider_v1(KS_ABI_MINOR)->resolve(state, &request, &host);
	PROPERTY(ended == 1);
	while (block_count > 0)
		free(blocks[--block_count]);
}

static bool is_plain(const char *text)
{
	while (*text >= ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

/* No more is accepted than an object without a member twice. */
static bool is_object(const char *body, size_t length)
{
	json_t *root = json_loadb(body, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	const bool is_it = json_is_object(root);

	json_decref(root);
	return is_it;
}

/* One answer by itself: the same comes of it when it is written anew. */
static void check_parse(const char *body, size_t length)
{
	json_t *own = json_pack("{s:s, s:s}", "secret_id", SECRET_ID, "number", "7");
	const struct ks_vault_sent sent = {.token = TOKEN, .body = own};
	struct ks_vault_answer answer = {.status = 200}, again = {.status = 200};
	const int r = ks_vault_answer_parse(body, length, &sent, &answer);
	char *text = NULL;
	size_t count = 0;

	PROPERTY(r == 0 || r == -EINVAL);
	PROPERTY((r == 0) == (answer.root != NULL) && answer.status == 200);
	PROPERTY(is_plain(answer.said) && (length > 0 || !answer.said[0]));
	PROPERTY(!strstr(answer.said, TOKEN) && !strstr(answer.said, SECRET_ID));
	for (const char *warning = NULL; (warning = ks_vault_answer_warning(&answer, count)); count++)
		PROPERTY(ks_vault_answer_warns(&answer, warning));
	PROPERTY((r == 0) == is_object(body, length));
	if (r == 0) {
		text = json_dumps(answer.root, JSON_COMPACT);
		PROPERTY(text && ks_vault_answer_parse(text, strlen(text), &sent, &again) == 0);
		PROPERTY(json_equal(answer.root, again.root) && strcmp(answer.said, again.said) == 0);
	}
	ks_vault_free(text);
	ks_vault_answer_finish(&again);
	ks_vault_answer_finish(&answer);
	json_decref(own);
}

void fuzz_target(char *bytes, size_t length)
{
	const char *end = memchr(bytes, '\n', length);
	const size_t skipped = end ? (size_t)(end - bytes) + 1 : length;
	char *name = fuzz_string(bytes, end ? skipped - 1 : length);
	void *state = NULL;

	PROPERTY(!ks_vault_memory_init());
	server_start(bytes + skipped, length - skipped, check_parse);
	tells = !server_tells_secret(FUZZ_SECRET) && !server_tells_secret(FUZZ_OTHER_SECRET);
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (strcmp(name, entries[i].name) == 0)
			state = open_entry(entries[i].options);
	for (unsigned i = 0; state && i < RESOLVES; i++) {
		resolve(state);
		server_wait();
	}
	keystile_provider_v1(KS_ABI_MINOR)->close(state);
	server_stop();
	free(name);
}
