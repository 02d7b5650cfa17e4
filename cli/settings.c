/* SPDX-License-Identifier: MIT */
#include "cli/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/environment.h"
#include "core/secret.h"
#include "providers/support/json.h"

enum {
	SETTINGS_MAX = 16 * 1024 * 1024, /* ~/.claude.json grows to several MiB */
	KEY_MAX = 128,
	TOLD_MAX = 100, /* of one file: more is noise, and says the same */
	REASON_MAX = 128,
	DECLINED_LENGTH = 20, /* characters at the end of a key by which claude remembers it */
	EFFECT_MAX = 2 * REASON_MAX
};

_Static_assert((size_t)SETTINGS_MAX < (size_t)KS_SECRET_BLOCK_MAX, "settings do not fit a block");

#define BYTE_ORDER_MARK "\357\273\277"

/* A document on the examining table. */
struct examination {
	struct shadows *shadows;
	enum shadow_owner owner;
	enum settings_sort sort;
	const char *name;
	const struct ks_credential *credential;
	struct ks_json json;
};

/* Names the unset list has no use for, but which settings can set behind exec's back. */
static const struct {
	const char *name;
	const char *effect;
} further_variables[] = {
	{"HTTP_PROXY", "sends requests through a proxy"},
	{"HTTPS_PROXY", "sends requests through a proxy"},
	{"ALL_PROXY", "sends requests through a proxy"},
	{"http_proxy", "sends requests through a proxy"},
	{"https_proxy", "sends requests through a proxy"},
	{"all_proxy", "sends requests through a proxy"},
	{"CLAUDE_CONFIG_DIR", "selects another login"},
	{"CLAUDE_SECURESTORAGE_CONFIG_DIR", "selects another login"},
};

static const char *effect_of_role(enum ks_variable_role role)
{
	switch (role) {
	case KS_VARIABLE_HOST:
		return "changes where requests go";
	case KS_VARIABLE_HEADERS:
		return "adds headers to requests";
	case KS_VARIABLE_PROFILE:
		return "selects a profile";
	case KS_VARIABLE_CLOUD:
		return "selects a cloud";
	case KS_VARIABLE_MODE:
		return "changes which credentials claude reads";
	case KS_VARIABLE_CREDENTIAL:
	default:
		return "sets another credential";
	}
}

static bool is_base_url(const char *name)
{
	static const char head[] = "ANTHROPIC_", tail[] = "BASE_URL";
	size_t length = strlen(name);

	return strncmp(name, head, sizeof(head) - 1) == 0 && length >= sizeof(head) + sizeof(tail) - 2 &&
	       strcmp(name + length - (sizeof(tail) - 1), tail) == 0;
}

/* What a variable in an env block does to the credential; NULL for nothing. */
static const char *effect_of_variable(const char *name)
{
	const struct ks_variable *variable = ks_variable_named(name);

	if (variable)
		return effect_of_role(variable->role);
	if (is_base_url(name))
		return effect_of_role(KS_VARIABLE_HOST);
	for (size_t i = 0; i < sizeof(further_variables) / sizeof(further_variables[0]); i++)
		if (strcmp(further_variables[i].name, name) == 0)
			return further_variables[i].effect;
	return NULL;
}

static void add(struct examination *examination, const char *key, const char *effect)
{
	shadow_add(examination->shadows, examination->owner, examination->name, key, effect);
}

void settings_unreadable(struct shadows *shadows, enum shadow_owner owner, const char *name, const char *reason)
{
	char effect[EFFECT_MAX];

	(void)snprintf(effect, sizeof(effect), "cannot be examined: %s", reason);
	shadow_add(shadows, owner, name, NULL, effect);
}

static void examine_env(struct examination *examination)
{
	ks_json_ref env = ks_json_member(&examination->json, 0, "env"), value = -1;
	const char *name = NULL, *effect = NULL;
	char key[KEY_MAX];
	int cursor = -1;
	unsigned count = 0;

	if (env < 0 || !ks_json_is_object(&examination->json, env))
		return;
	while (ks_json_next(&examination->json, env, &cursor, &name, &value)) {
		effect = effect_of_variable(name);
		if (!effect)
			continue;
		if (count++ == TOLD_MAX) {
			add(examination, "env", "has more of the kind");
			return;
		}
		(void)snprintf(key, sizeof(key), "env.%s", name);
		add(examination, key, effect);
	}
}

static bool has_text(const struct ks_json *json, const char *key)
{
	size_t length = 0;
	ks_json_ref ref = ks_json_member(json, 0, key);

	return ref >= 0 && ks_json_string(json, ref, &length) && length > 0;
}

/* Only an administrator's file can force a login, and that shuts every other credential out (observed). */
static void examine_forced_login(struct examination *examination)
{
	static const char *const keys[] = {"forceLoginMethod", "forceLoginOrgUUID"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (ks_json_member(&examination->json, 0, keys[i]) >= 0)
			add(examination, keys[i], "makes claude refuse API keys and gateway tokens");
}

/* Keys that the user told claude not to use, by their ends. With -p it uses them all the same (observed). */
static void examine_declined_keys(struct examination *examination)
{
	const struct ks_json *json = &examination->json;
	ks_json_ref answers = ks_json_member(json, 0, "customApiKeyResponses"), value = -1;
	ks_json_ref rejected = ks_json_member(json, answers, "rejected");
	size_t length = 0;
	const char *secret = ks_credential_secret(examination->credential, &length), *key = NULL, *text = NULL;
	int cursor = -1;

	if (examination->shadows->is_print || length < DECLINED_LENGTH)
		return;
	while (ks_json_is_array(json, rejected) && ks_json_next(json, rejected, &cursor, &key, &value)) {
		text = ks_json_string(json, value, NULL);
		if (text && strcmp(text, secret + length - DECLINED_LENGTH) == 0)
			add(examination, "customApiKeyResponses.rejected",
				"keeps claude from using this key, unless it runs with -p");
	}
}

/* The key of an earlier sign-in. It goes out beside whatever is not a key itself, if only to ask for settings
   (observed). */
static void examine_state(struct examination *examination)
{
	if (!examination->credential)
		return;
	if (ks_credential_kind(examination->credential) == KS_KIND_API_KEY) {
		examine_declined_keys(examination);
		return;
	}
	if (has_text(&examination->json, "primaryApiKey"))
		add(examination, "primaryApiKey", "is sent as another credential");
}

static void examine_keys(struct examination *examination)
{
	if (examination->sort == SETTINGS_STATE)
		examine_state(examination);
	else if (has_text(&examination->json, "apiKeyHelper"))
		add(examination, "apiKeyHelper", "makes claude send another credential");
	if (examination->sort == SETTINGS_MANAGED)
		examine_forced_login(examination);
	examine_env(examination);
}

static bool is_blank(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r' && text[i] != '\n')
			return false;
	return true;
}

/* `text` is secret memory, for settings may hold a key, and is decoded in place. */
static void examine_text(struct examination *examination, char *text, size_t length)
{
	size_t mark = sizeof(BYTE_ORDER_MARK) - 1, offset = 0, token_size = 0;
	const char *reason = NULL;
	char place[REASON_MAX];
	void *tokens = NULL;

	if (length >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0) {
		text += mark;
		length -= mark;
	}
	if (is_blank(text, length))
		return;
	token_size = ks_json_token_size(text, length);
	tokens = ks_secret_alloc(token_size);
	if (!tokens) {
		examination->shadows->failed = true;
	} else if (ks_json_parse(&examination->json, text, length, tokens, token_size, KS_JSON_LENIENT, &offset,
			   &reason) < 0) {
		(void)snprintf(place, sizeof(place), "%s, at byte %zu", reason, offset + 1);
		settings_unreadable(examination->shadows, examination->owner, examination->name, place);
	} else if (ks_json_is_object(&examination->json, 0)) {
		examine_keys(examination);
	}
	(void)ks_secret_free(tokens);
}

/* Opens without ever waiting: whoever wrote a project's folder may have put a FIFO there. */
static int open_regular(const char *path, size_t *ret_size, const char **ret_reason)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	*ret_reason = NULL;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return -1;
	if (fd < 0 || fstat(fd, &status) < 0)
		*ret_reason = strerrordesc_np(errno);
	else if (!S_ISREG(status.st_mode))
		*ret_reason = "it is not a regular file";
	else if (status.st_size > SETTINGS_MAX)
		*ret_reason = "it is too large";
	else {
		*ret_size = (size_t)status.st_size;
		return fd;
	}
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* Reads the file whole, and one byte more, to notice that it grew. Returns its length, or -1 and errno. */
static ssize_t read_whole(int fd, char *text, size_t size)
{
	size_t length = 0;

	while (length <= size) {
		ssize_t n = read(fd, text + length, size + 1 - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			return (ssize_t)length;
		length += (size_t)n;
	}
	errno = EBUSY;
	return -1;
}

void settings_examine(struct shadows *shadows, enum shadow_owner owner, enum settings_sort sort, const char *path,
	const struct ks_credential *credential)
{
	struct examination examination = {
		.shadows = shadows, .owner = owner, .sort = sort, .name = path, .credential = credential};
	const char *reason = NULL;
	size_t size = 0;
	ssize_t length = 0;
	char *text = NULL;
	int fd = open_regular(path, &size, &reason);

	if (reason)
		settings_unreadable(shadows, owner, path, reason);
	if (fd < 0)
		return;
	text = ks_secret_alloc(size + 1);
	if (!text)
		shadows->failed = true;
	else if ((length = read_whole(fd, text, size)) < 0)
		settings_unreadable(shadows, owner, path, strerrordesc_np(errno));
	else
		examine_text(&examination, text, (size_t)length);
	(void)ks_secret_free(text);
	(void)close(fd);
}

void settings_examine_text(struct shadows *shadows, enum shadow_owner owner, const char *name, const char *text)
{
	struct examination examination = {.shadows = shadows, .owner = owner, .sort = SETTINGS_PLAIN, .name = name};
	size_t length = strlen(text);
	char *copy = NULL;

	if (length > SETTINGS_MAX) {
		settings_unreadable(shadows, owner, name, "it is too large");
		return;
	}
	copy = ks_secret_alloc(length + 1);
	if (!copy) {
		shadows->failed = true;
		return;
	}
	memcpy(copy, text, length + 1);
	examine_text(&examination, copy, length);
	(void)ks_secret_free(copy);
}
