/* SPDX-License-Identifier: MIT */
#include "vault-server.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz.h"
#include "providers/vault/http.h"
#include "providers/vault/memory.h"

enum {
	ANSWERS_MAX = 8,
	SENT_MAX = 8,
	MASKED_MIN = 12,         /* bytes of a secret that is looked for */
	WAIT_MS = 45 * 60 * 1000 /* an hour's token is to be renewed, and a day's is not */
};

#define NOW INT64_C(1764072000) /* 2025-11-25 */

static struct {
	long status;
	char *location, *retry_after, *index, *inline_failed; /* or NULL */
	char *body;
	size_t length;
} answers[ANSWERS_MAX];
static size_t answer_count, answered;
static char *sent[SENT_MAX];
static size_t sent_count;
static int64_t now_ms;

/* What the linker puts in the place of ours. */
int64_t server_now(void) __asm__("__wrap_ks_vault_now");
double server_chance(void) __asm__("__wrap_ks_vault_chance");
time_t server_time(time_t *ret_time) __asm__("__wrap_time");
enum ks_vault_http_end server_answer(struct ks_vault_http **http, const struct ks_vault_http_request *request,
	struct ks_vault_http_reply *ret_reply) __asm__("__wrap_ks_vault_http");

int64_t server_now(void)
{
	return now_ms;
}

double server_chance(void)
{
	return 0.5;
}

time_t server_time(time_t *ret_time)
{
	if (ret_time)
		*ret_time = NOW;
	return NOW;
}

static void forget_sent(void)
{
	while (sent_count > 0)
		free(sent[--sent_count]);
}

static void note_sent(const char *text)
{
	if (text && strlen(text) >= MASKED_MIN && strstr(text, "CANARY") && sent_count < SENT_MAX)
		sent[sent_count++] = fuzz_string(text, strlen(text));
}

static void note_body(const char *body)
{
	json_t *root = body ? json_loads(body, 0, NULL) : NULL;

	for (void *at = json_object_iter(root); at; at = json_object_iter_next(root, at))
		note_sent(json_string_value(json_object_iter_value(at)));
	json_decref(root);
}

enum ks_vault_http_end server_answer(struct ks_vault_http **http, const struct ks_vault_http_request *request,
	struct ks_vault_http_reply *ret_reply)
{
	const size_t at = answered < answer_count ? answered : answer_count - 1;

	(void)http;
	*ret_reply = (struct ks_vault_http_reply){0};
	forget_sent();
	for (unsigned i = 0; i < request->header_count; i++)
		if (strcmp(request->headers[i].name, "X-Vault-Token") == 0)
			note_sent(request->headers[i].value);
	note_body(request->body);
	answered++;
	(void)strcpy(ret_reply->reason, "cannot be reached");
	if (answers[at].status < 0)
		return (enum ks_vault_http_end)(1 + -(answers[at].status + 1) % KS_VAULT_HTTP_ERROR);
	*ret_reply = (struct ks_vault_http_reply){
		.status = answers[at].status,
		.body = ks_vault_copy_n(answers[at].body, answers[at].length),
		.length = answers[at].length,
		.location = ks_vault_copy(answers[at].location),
		.retry_after = ks_vault_copy(answers[at].retry_after),
		.index = ks_vault_copy(answers[at].index),
		.inline_failed = ks_vault_copy(answers[at].inline_failed),
	};
	return KS_VAULT_HTTP_ANSWERED;
}

/* The value of a header in the lines before a body; NULL where there is none. */
static char *find_header(const char *lines, size_t length, const char *name)
{
	const char *end = lines + length, *line = lines, *next = NULL;
	const size_t size = strlen(name);

	for (; line < end; line = next + 1) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next ? next : end;
		if ((size_t)(next - line) > size && strncmp(line, name, size) == 0)
			return fuzz_string(line + size, (size_t)(next - line) - size);
	}
	return NULL;
}

/* One answer, whose text ends where the next begins. */
static void add(const char *text, size_t length)
{
	const char *blank = memmem(text, length, "\n\n", 2);
	const size_t head = blank ? (size_t)(blank - text) : length, skipped = blank ? head + 2 : length;
	char *status = fuzz_string(text, head);

	answers[answer_count].status = strtol(status, NULL, 10) % 1000;
	answers[answer_count].location = find_header(text, head, "Location: ");
	answers[answer_count].retry_after = find_header(text, head, "Retry-After: ");
	answers[answer_count].index = find_header(text, head, "X-Vault-Index: ");
	answers[answer_count].inline_failed = find_header(text, head, "X-Vault-Inline-Auth-Failed: ");
	answers[answer_count].length = length - skipped;
	answers[answer_count].body = fuzz_block(NULL, length - skipped + 1);
	memcpy(answers[answer_count].body, text + skipped, length - skipped);
	answers[answer_count].body[length - skipped] = '\0';
	answer_count++;
	free(status);
}

void server_start(const char *text, size_t length, void (*check)(const char *body, size_t length))
{
	static const char mark[] = "\n--\n";
	const char *end = NULL;
	size_t size = 0;

	answered = 0;
	now_ms = 1000000;
	do {
		end = memmem(text, length, mark, sizeof(mark) - 1);
		size = end ? (size_t)(end - text) : length;
		add(text, size);
		check(answers[answer_count - 1].body, answers[answer_count - 1].length);
		size += end ? sizeof(mark) - 1 : 0;
		text += size;
		length -= size;
	} while (end && answer_count < ANSWERS_MAX);
}

void server_stop(void)
{
	forget_sent();
	for (; answer_count > 0; answer_count--) {
		free(answers[answer_count - 1].location);
		free(answers[answer_count - 1].retry_after);
		free(answers[answer_count - 1].index);
		free(answers[answer_count - 1].inline_failed);
		free(answers[answer_count - 1].body);
	}
}

void server_wait(void)
{
	now_ms += WAIT_MS;
}

bool server_was_sent(const char *text)
{
	for (size_t i = 0; i < sent_count; i++)
		if (strstr(text, sent[i]))
			return true;
	return false;
}

static bool has(const json_t *fields, const char *name, const char *value)
{
	const json_t *text = json_object_get(fields, name);

	return json_string_length(text) == strlen(value) &&
	       memcmp(json_string_value(text), value, strlen(value)) == 0;
}

bool server_has_field(const char *name, const char *value)
{
	bool found = false;

	for (size_t i = 0; i < answer_count && !found; i++) {
		json_t *root = json_loadb(answers[i].body, answers[i].length, JSON_ALLOW_NUL, NULL),
		       *data = json_object_get(root, "data");

		found = has(data, name, value) || has(json_object_get(data, "data"), name, value);
		json_decref(root);
	}
	return found;
}

/* Whether the secret is in the name of a member, or in one that messages quote. */
static bool object_tells(json_t *object, const char *secret)
{
	static const char *const quoted[] = {"deletion_time", "path", "creation_path"};
	const char *name = NULL, *text = NULL;
	json_t *member = NULL;

	json_object_foreach(object, name, member)
	{
		if (strstr(name, secret))
			return true;
	}
	for (size_t i = 0; i < sizeof(quoted) / sizeof(quoted[0]); i++) {
		text = json_string_value(json_object_get(object, quoted[i]));
		if (text && strstr(text, secret))
			return true;
	}
	return false;
}

/* The same for all objects of an answer that have something to tell. */
static bool data_tells(const json_t *root, const char *secret)
{
	json_t *data = json_object_get(root, "data"), *metadata = json_object_get(data, "metadata");

	return object_tells(data, secret) || object_tells(metadata, secret) ||
	       object_tells(json_object_get(data, "data"), secret) ||
	       object_tells(json_object_get(metadata, "custom_metadata"), secret);
}

static bool answer_tells(const char *body, size_t length, const char *secret)
{
	json_t *root = json_loadb(body, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	const char *brace = memchr(body, '{', length);
	char *rest = NULL;
	bool tells = data_tells(root, secret);

	if (!json_is_object(root)) {
		json_decref(root);
		return memmem(body, brace ? (size_t)(brace - body) : length, secret, strlen(secret));
	}
	(void)json_object_del(root, "data");
	(void)json_object_del(root, "auth");
	rest = json_dumps(root, JSON_COMPACT);
	tells = tells || !rest || strstr(rest, secret);
	ks_vault_free(rest);
	json_decref(root);
	return tells;
}

static bool header_tells(const char *value, const char *secret)
{
	return value && strstr(value, secret);
}

bool server_tells_secret(const char *secret)
{
	for (size_t i = 0; i < answer_count; i++)
		if (header_tells(answers[i].location, secret) || header_tells(answers[i].retry_after, secret) ||
			(memmem(answers[i].body, answers[i].length, secret, strlen(secret)) &&
				answer_tells(answers[i].body, answers[i].length, secret)))
			return true;
	return false;
}
