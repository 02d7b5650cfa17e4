/* SPDX-License-Identifier: MIT */
/*
 * cli/settings.c: what a stranger's settings file can do is told, and what is told are names and no values. The list
 * of shadows is this target's own.
 */
#include "cli/settings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/credential.h"
#include "fuzz.h"
#include "json-document.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define SECRET "sk-ant-api03-a-key-that-somebody-declined"

enum {
	SHADOWS_MAX = 105 /* of one file: a hundred variables, that there are more, and the keys beside */
};

static unsigned told; /* shadows of the file that is being examined */

void shadow_add(
	struct shadows *shadows, enum shadow_owner owner, const char *file, const char *key, const char *effect)
{
	PROPERTY(shadows && owner == SHADOW_PROJECT && file);
	PROPERTY(!key || strncmp(key, "env", 3) == 0 || strcmp(key, "apiKeyHelper") == 0 ||
		 strncmp(key, "forceLogin", 10) == 0 || strcmp(key, "primaryApiKey") == 0 ||
		 strcmp(key, "customApiKeyResponses.rejected") == 0);
	PROPERTY(++told <= SHADOWS_MAX);
	fuzz_reason(effect);
}

static unsigned examine_file(
	const char *text, size_t length, enum settings_sort sort, const struct ks_credential *credential)
{
	struct shadows shadows = {0};
	char path[64];
	int fd = memfd_create("settings", MFD_CLOEXEC);

	PROPERTY(fd >= 0 && write(fd, text, length) == (ssize_t)length);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	told = 0;
	settings_examine(&shadows, SHADOW_PROJECT, sort, path, credential);
	PROPERTY(!shadows.failed);
	(void)close(fd);
	return told;
}

static unsigned examine_text(const char *text, size_t length)
{
	struct shadows shadows = {0};
	char *copy = fuzz_string(text, length);

	told = 0;
	settings_examine_text(&shadows, SHADOW_PROJECT, "--settings", copy);
	PROPERTY(!shadows.failed);
	free(copy);
	return told;
}

/* The names that are best known to redirect a client. */
static bool redirects(const char *name)
{
	static const char tail[] = "BASE_URL";
	const size_t length = strlen(name), tail_length = sizeof(tail) - 1;

	if (strcmp(name, "ANTHROPIC_API_KEY") == 0 || strcmp(name, "ANTHROPIC_AUTH_TOKEN") == 0)
		return true;
	return strncmp(name, "ANTHROPIC_", 10) == 0 && length >= 10 + tail_length &&
	       strcmp(name + length - tail_length, tail) == 0;
}

static bool has_redirection(const struct ks_json *json)
{
	const ks_json_ref env = ks_json_member(json, 0, "env");
	const char *name = NULL;
	ks_json_ref value = -1;
	size_t length = 0;
	int cursor = -1;

	while (ks_json_is_object(json, env) && ks_json_next(json, env, &cursor, &name, &value)) {
		if (redirects(name))
			return true;
	}
	return ks_json_string(json, ks_json_member(json, 0, "apiKeyHelper"), &length) && length > 0;
}

static bool is_blank(const char *text, size_t length)
{
	size_t at = 0;

	while (at < length && text[at] && strchr(" \t\r\n", text[at]))
		at++;
	return at == length;
}

/* Whether the text must not pass in silence: it redirects a client, or is no JSON. */
static bool must_be_told(const char *text, size_t length)
{
	const size_t mark = sizeof(BYTE_ORDER_MARK) - 1;
	struct document document = {0};
	bool result = false;

	if (length >= mark && memcmp(text, BYTE_ORDER_MARK, mark) == 0) {
		text += mark;
		length -= mark;
	}
	if (document_open(&document, text, length, KS_JSON_LENIENT))
		result = has_redirection(&document.json);
	else
		result = !is_blank(text, length);
	document_close(&document);
	return result;
}

void fuzz_target(char *bytes, size_t length)
{
	const struct ks_credential key = {
		.rule = ks_kind_rule(KS_KIND_API_KEY), .secret = SECRET, .secret_length = sizeof(SECRET) - 1};
	const struct ks_credential token = {.rule = ks_kind_rule(KS_KIND_STORED_LOGIN)};
	const unsigned plain = examine_file(bytes, length, SETTINGS_PLAIN, NULL);

	PROPERTY(plain > 0 || !must_be_told(bytes, length));
	PROPERTY(memchr(bytes, '\0', length) || examine_text(bytes, length) == plain);
	PROPERTY(examine_file(bytes, length, SETTINGS_MANAGED, &key) >= plain);
	(void)examine_file(bytes, length, SETTINGS_STATE, &key);
	(void)examine_file(bytes, length, SETTINGS_STATE, &token);
}
