/* SPDX-License-Identifier: MIT */
#include "providers/vault/answer.h"

#include <errno.h>
#include <string.h>

#include "providers/vault/memory.h"

enum {
	MASKED_MIN = 6 /* bytes of a string that was sent; shorter ones are words */
};

static const char mask[] = "***";

/* What begins a token of Vault's, a JSON web token, or a credential of Claude's. */
static const char *const beginnings[] = {"hvs.", "hvb.", "hvr.", "s.", "b.", "eyJ", "sk-ant-"};

const char *ks_vault_string(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	const char *text = json_string_value(value);

	return text && text[0] && strlen(text) == json_string_length(value) ? text : NULL;
}

/* Bytes at `text` that were sent as a secret. */
static size_t sent_at(const char *text, const char *secret)
{
	size_t length = secret ? strlen(secret) : 0;

	return length >= MASKED_MIN && strncmp(text, secret, length) == 0 ? length : 0;
}

static size_t longer(size_t one, size_t other)
{
	return one > other ? one : other;
}

/* jansson's iterators want a changeable object, and change nothing. */
static size_t member_sent_at(const char *text, json_t *object)
{
	size_t longest = 0;

	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at))
		longest = longer(longest, sent_at(text, json_string_value(json_object_iter_value(at))));
	return longest;
}

/* A header's value may have a word for its scheme before the secret: it comes back without that as well. */
static size_t header_sent_at(const char *text, json_t *headers)
{
	size_t longest = member_sent_at(text, headers);
	const char *blank = NULL;

	for (void *at = json_object_iter(headers); at; at = json_object_iter_next(headers, at)) {
		blank = strchr(json_string_value(json_object_iter_value(at)), ' ');
		longest = longer(longest, sent_at(text, blank ? blank + 1 : NULL));
	}
	return longest;
}

static size_t any_sent_at(const char *text, const struct ks_vault_sent *sent)
{
	const size_t of_words = longer(sent_at(text, sent->token), sent_at(text, sent->packed));

	return longer(of_words, longer(member_sent_at(text, sent->body), header_sent_at(text, sent->headers)));
}

bool ks_vault_was_sent(const char *text, const struct ks_vault_sent *sent)
{
	for (; *text; text++)
		if (any_sent_at(text, sent) > 0)
			return true;
	return false;
}

static bool is_of_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-_.+=~", c);
}

/* Bytes of a word at `text` that looks like a secret. */
static size_t secret_at(const char *text)
{
	size_t length = 0;

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
		if (strncmp(text, beginnings[i], strlen(beginnings[i])) != 0)
			continue;
		while (text[length] && is_of_word(text[length]))
			length++;
		return length > strlen(beginnings[i]) + MASKED_MIN ? length : 0;
	}
	return 0;
}

void ks_vault_scrub(char *ret_told, size_t size, const char *text, const struct ks_vault_sent *sent)
{
	char *end = ret_told, *const last = ret_told + size - 1;
	size_t masked = 0;
	bool begins = true; /* a word */

	while (*text && end < last) {
		masked = any_sent_at(text, sent);
		if (masked == 0 && begins)
			masked = secret_at(text);
		if (masked > 0) {
			for (const char *star = mask; *star && end < last; star++)
				*end++ = *star;
			text += masked;
			begins = false;
			continue;
		}
		begins = !is_of_word(*text) || *text == '=';
		if (*text >= ' ' && *text <= '~')
			*end++ = *text;
		else if (end > ret_told && end[-1] != ' ')
			*end++ = ' ';
		text++;
	}
	while (end > ret_told && end[-1] == ' ')
		end--;
	*end = '\0';
}

const char *ks_vault_answer_warning(const struct ks_vault_answer *answer, size_t index)
{
	return json_string_value(json_array_get(json_object_get(answer->root, "warnings"), index));
}

bool ks_vault_answer_warns(const struct ks_vault_answer *answer, const char *beginning)
{
	const size_t count = json_array_size(json_object_get(answer->root, "warnings"));
	const char *warning = NULL;

	for (size_t i = 0; i < count; i++) {
		warning = ks_vault_answer_warning(answer, i);
		if (warning && strncmp(warning, beginning, strlen(beginning)) == 0)
			return true;
	}
	return false;
}

/* The errors one after the other, as far as there is room. */
static void take_errors(struct ks_vault_answer *answer, const struct ks_vault_sent *sent)
{
	const json_t *errors = json_object_get(answer->root, "errors");
	const char *error = NULL;
	size_t used = 0;

	for (size_t i = 0; i < json_array_size(errors) && used + 8 < sizeof(answer->said); i++) {
		error = json_string_value(json_array_get(errors, i));
		if (!error || !error[0])
			continue;
		if (used > 0)
			used = (size_t)(stpcpy(answer->said + used, "; ") - answer->said);
		ks_vault_scrub(answer->said + used, sizeof(answer->said) - used, error, sent);
		used += strlen(answer->said + used);
	}
}

/* What is no JSON may be JSON from the first brace on, and cut short, with the secret that was asked for. */
static void take_beginning(struct ks_vault_answer *answer, const char *body, const struct ks_vault_sent *sent)
{
	ks_vault_scrub(answer->said, sizeof(answer->said), body, sent);
	answer->said[strcspn(answer->said, "{")] = '\0';
}

int ks_vault_answer_parse(
	const char *body, size_t length, const struct ks_vault_sent *sent, struct ks_vault_answer *ret_answer)
{
	struct ks_vault_answer answer = {.status = ret_answer->status};
	json_error_t error;

	ks_vault_memory_forgive();
	/* a NUL is no end here: whoever uses a string looks for one */
	if (length > 0)
		answer.root = json_loadb(body, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (ks_vault_memory_failed()) {
		json_decref(answer.root);
		return -ENOMEM;
	}
	if (answer.root && !json_is_object(answer.root)) {
		json_decref(answer.root);
		answer.root = NULL;
	}
	if (answer.root)
		take_errors(&answer, sent);
	else if (length > 0)
		take_beginning(&answer, body, sent);
	*ret_answer = answer;
	return answer.root ? 0 : -EINVAL;
}

void ks_vault_answer_finish(struct ks_vault_answer *answer)
{
	json_decref(answer->root);
	ks_vault_free(answer->index);
	ks_vault_free(answer->redirected);
	*answer = (struct ks_vault_answer){0};
}
