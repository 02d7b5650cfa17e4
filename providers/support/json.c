/* SPDX-License-Identifier: MIT */
/*
 * jsmn splits text into tokens and forgives much. So the text is held against the grammar first, and what jsmn sees
 * is JSON: it then finds one token for each value and each key, in the order of the text, a value right behind its
 * key. Not JSMN_STRICT: that refuses a number that ends the text, and checks nothing that is not checked here.
 */
#include "providers/support/json.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_PARENT_LINKS
#include <jsmn.h>

#include "providers/support/json-keys.h"
#include "providers/support/json-string.h"

#define BOM "\xef\xbb\xbf"

/* A walk over the text. The first fault ends it. */
struct reader {
	const unsigned char *text;
	size_t length, at;
	size_t tokens_left;
	unsigned flags;
	char closings[KS_JSON_DEPTH_MAX]; /* the brackets that end the containers the walk is in */
	unsigned depth;
	const char *reason;
};

static bool fail(struct reader *reader, const char *reason)
{
	reader->reason = reason;
	return false;
}

/* The byte here, or -1 at the end. */
static int peek(const struct reader *reader)
{
	return reader->at < reader->length ? reader->text[reader->at] : -1;
}

static bool take(struct reader *reader, int byte)
{
	if (peek(reader) != byte)
		return false;
	reader->at++;
	return true;
}

static void skip_blanks(struct reader *reader)
{
	while (take(reader, ' ') || take(reader, '\t') || take(reader, '\n') || take(reader, '\r'))
		;
}

static bool count_token(struct reader *reader)
{
	if (reader->tokens_left == 0)
		return fail(reader, "it has too many values");
	reader->tokens_left--;
	return true;
}

static bool read_string(struct reader *reader)
{
	const char *reason;

	if (!count_token(reader))
		return false;
	reason = ks_json_string_check(reader->text, reader->length, reader->flags, &reader->at);
	return !reason || fail(reader, reason);
}

static bool read_digits(struct reader *reader)
{
	const size_t start = reader->at;

	while (peek(reader) >= '0' && peek(reader) <= '9')
		reader->at++;
	return reader->at > start;
}

static bool read_number(struct reader *reader)
{
	const size_t start = reader->at;
	bool good;

	if (!count_token(reader))
		return false;
	(void)take(reader, '-');
	good = take(reader, '0') || read_digits(reader);
	if (good && take(reader, '.'))
		good = read_digits(reader);
	if (good && (take(reader, 'e') || take(reader, 'E'))) {
		if (!take(reader, '-'))
			(void)take(reader, '+');
		good = read_digits(reader);
	}
	if (good)
		return true;
	reader->at = start;
	return fail(reader, "a number is not written as JSON wants it");
}

static bool read_word(struct reader *reader, const char *word)
{
	const size_t length = strlen(word);

	if (!count_token(reader))
		return false;
	if (reader->length - reader->at < length || memcmp(reader->text + reader->at, word, length) != 0)
		return fail(reader, "there is no value where one must be");
	reader->at += length;
	return true;
}

static bool read_key(struct reader *reader)
{
	if (peek(reader) != '"')
		return fail(reader, "there is no key in quotes where one must be");
	if (!read_string(reader))
		return false;
	skip_blanks(reader);
	return take(reader, ':') || fail(reader, "there is no colon behind a key");
}

/* `ret_more`, here and below: whether a value must follow. It must where the container is not empty. */
static bool open_container(struct reader *reader, char closing, bool *ret_more)
{
	if (reader->depth == KS_JSON_DEPTH_MAX)
		return fail(reader, "it is nested too deeply");
	if (!count_token(reader))
		return false;
	reader->at++;
	skip_blanks(reader);
	*ret_more = !take(reader, closing);
	if (!*ret_more)
		return true;
	reader->closings[reader->depth++] = closing;
	return closing == ']' || read_key(reader);
}

/* A scalar, or the opening of a container. */
static bool begin_value(struct reader *reader, bool *ret_more)
{
	*ret_more = false;
	skip_blanks(reader);
	switch (peek(reader)) {
	case '{':
		return open_container(reader, '}', ret_more);
	case '[':
		return open_container(reader, ']', ret_more);
	case '"':
		return read_string(reader);
	case 't':
		return read_word(reader, "true");
	case 'f':
		return read_word(reader, "false");
	case 'n':
		return read_word(reader, "null");
	case '-':
	case '0' ... '9':
		return read_number(reader);
	default:
		return fail(reader, "there is no value where one must be");
	}
}

/* What may stand behind a value: the end of containers, and a comma before the next value. */
static bool end_value(struct reader *reader, bool *ret_more)
{
	*ret_more = false;
	for (skip_blanks(reader); reader->depth > 0; skip_blanks(reader)) {
		const char closing = reader->closings[reader->depth - 1];

		if (take(reader, closing)) {
			reader->depth--;
			continue;
		}
		if (!take(reader, ','))
			return fail(reader, closing == '}' ? "an object is not continued by a comma or closed"
							   : "an array is not continued by a comma or closed");
		*ret_more = true;
		skip_blanks(reader);
		return closing == ']' || read_key(reader);
	}
	return true;
}

static bool read_document(struct reader *reader)
{
	bool more = true;

	if (reader->length == 0)
		return fail(reader, "it is empty");
	if (reader->length > INT_MAX)
		return fail(reader, "it is too long");
	if (reader->length >= strlen(BOM) && memcmp(reader->text, BOM, strlen(BOM)) == 0)
		return fail(reader, "it begins with a byte order mark");
	while (more)
		if (!begin_value(reader, &more) || (!more && !end_value(reader, &more)))
			return false;
	return reader->at == reader->length || fail(reader, "there is more text behind the value");
}

static void decode_strings(const struct ks_json *json)
{
	jsmntok_t *const tokens = json->tokens;
	int at;

	for (at = 0; at < json->count; at++) {
		jsmntok_t *const token = &tokens[at];

		if (token->type == JSMN_STRING)
			token->end = token->start + (int)ks_json_string_decode(json->text + token->start,
							    (size_t)(token->end - token->start));
	}
}

/* Before each token but the first stands a character that begins a container or parts two tokens. */
size_t ks_json_token_size(const char *text, size_t length)
{
	size_t count = 1, at;

	for (at = 0; at < length; at++)
		count += text[at] == ',' || text[at] == ':' || text[at] == '[' || text[at] == '{';
	return (count < KS_JSON_TOKENS_MAX ? count : KS_JSON_TOKENS_MAX) * sizeof(jsmntok_t);
}

int ks_json_parse(struct ks_json *json, char *text, size_t length, void *tokens, size_t token_size, unsigned flags,
	size_t *ret_offset, const char **ret_reason)
{
	struct ks_json made = {.text = text, .length = length, .tokens = tokens};
	struct reader reader = {.text = (const unsigned char *)text, .length = length, .flags = flags};
	size_t token_count = token_size / sizeof(jsmntok_t);
	jsmn_parser parser;

	if (token_count > KS_JSON_TOKENS_MAX)
		token_count = KS_JSON_TOKENS_MAX;
	reader.tokens_left = token_count;
	if (!read_document(&reader))
		goto fail;
	jsmn_init(&parser);
	made.count = jsmn_parse(&parser, text, length, tokens, (unsigned)token_count);
	if (made.count < 0 || (size_t)made.count != token_count - reader.tokens_left) {
		reader.reason = "it cannot be read";
		goto fail;
	}
	decode_strings(&made);
	if (ks_json_find_duplicate(&made, &reader.at)) {
		reader.reason = "an object has the same key twice";
		goto fail;
	}
	*json = made;
	return 0;
fail:
	*ret_offset = reader.at;
	*ret_reason = reader.reason;
	return -EINVAL;
}

/* The token of a value, or NULL where there is none or it is of another type. */
static const jsmntok_t *token_of(const struct ks_json *json, ks_json_ref ref, jsmntype_t type)
{
	const jsmntok_t *const tokens = json->tokens;

	return ref >= 0 && ref < json->count && tokens[ref].type == type ? &tokens[ref] : NULL;
}

bool ks_json_is_object(const struct ks_json *json, ks_json_ref ref)
{
	return token_of(json, ref, JSMN_OBJECT) != NULL;
}

bool ks_json_is_null(const struct ks_json *json, ks_json_ref ref)
{
	const jsmntok_t *const token = token_of(json, ref, JSMN_PRIMITIVE);

	return token && json->text[token->start] == 'n';
}

bool ks_json_is_array(const struct ks_json *json, ks_json_ref ref)
{
	return token_of(json, ref, JSMN_ARRAY) != NULL;
}

bool ks_json_next(
	const struct ks_json *json, ks_json_ref container, int *cursor, const char **ret_key, ks_json_ref *ret_value)
{
	const jsmntok_t *const tokens = json->tokens;
	const bool is_object = ks_json_is_object(json, container);
	int at = (*cursor < container ? container : *cursor) + 1;

	if (!is_object && !ks_json_is_array(json, container))
		return false;
	while (at < json->count && tokens[at].parent > container)
		at++;
	if (at >= json->count || tokens[at].parent != container)
		return false;
	*cursor = at;
	*ret_key = is_object ? json->text + tokens[at].start : NULL;
	*ret_value = is_object ? at + 1 : at;
	return true;
}

ks_json_ref ks_json_member(const struct ks_json *json, ks_json_ref object, const char *key)
{
	ks_json_ref value = -1;
	const char *name;
	int cursor = -1;

	if (!ks_json_is_object(json, object))
		return -1;
	while (ks_json_next(json, object, &cursor, &name, &value))
		if (strcmp(name, key) == 0)
			return value;
	return -1;
}

const char *ks_json_string(const struct ks_json *json, ks_json_ref ref, size_t *ret_length)
{
	const jsmntok_t *const token = token_of(json, ref, JSMN_STRING);

	if (!token)
		return NULL;
	if (ret_length)
		*ret_length = (size_t)(token->end - token->start);
	return json->text + token->start;
}

int ks_json_integer(const struct ks_json *json, ks_json_ref ref, int64_t *ret_value)
{
	const jsmntok_t *const token = token_of(json, ref, JSMN_PRIMITIVE);
	bool negative, overflow = false;
	int64_t value = 0;
	int at;

	if (!token)
		return -EINVAL;
	at = token->start;
	negative = json->text[at] == '-';
	for (at += negative; at < token->end; at++) {
		const int digit = json->text[at] - '0';

		if (digit < 0 || digit > 9)
			return -EINVAL;
		overflow = overflow || __builtin_mul_overflow(value, (int64_t)10, &value) ||
			   __builtin_add_overflow(value, negative ? -digit : digit, &value);
	}
	if (overflow)
		return -ERANGE;
	*ret_value = value;
	return 0;
}
