/* SPDX-License-Identifier: MIT */
/*
 * providers/support/json.c: a document that is accepted reads the same when it is written again.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "json-document.h"

/* the types alone, laid out as json.c has them */
#define JSMN_HEADER
#define JSMN_PARENT_LINKS
#include <jsmn.h>

static void print_string(FILE *stream, const char *text)
{
	(void)fputc('"', stream);
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == '"' || *text == '\\')
			(void)fprintf(stream, "\\u%04X", (unsigned)*text);
		else
			(void)fputc(*text, stream);
	}
	(void)fputc('"', stream);
}

static void print_primitive(FILE *stream, const struct ks_json *json, ks_json_ref ref)
{
	const jsmntok_t *const token = &((const jsmntok_t *)json->tokens)[ref];
	char *text = fuzz_string(json->text + token->start, (size_t)(token->end - token->start));
	int64_t number = 0;

	(void)fputs(text, stream);
	PROPERTY(ks_json_is_null(json, ref) == (strcmp(text, "null") == 0));
	if (ks_json_integer(json, ref, &number) == 0)
		PROPERTY(number == strtoll(text, NULL, 10));
	free(text);
}

/* No deeper than the reader of JSON allows. NOLINTNEXTLINE(misc-no-recursion) */
static void print_value(FILE *stream, const struct ks_json *json, ks_json_ref ref, unsigned depth)
{
	const bool is_object = ks_json_is_object(json, ref);
	const char *key = NULL, *separator = "";
	ks_json_ref value = -1;
	int cursor = -1;

	if (!is_object && !ks_json_is_array(json, ref)) {
		if (ks_json_string(json, ref, NULL))
			print_string(stream, ks_json_string(json, ref, NULL));
		else
			print_primitive(stream, json, ref);
		return;
	}
	PROPERTY(depth < KS_JSON_DEPTH_MAX);
	(void)fputc(is_object ? '{' : '[', stream);
	for (; ks_json_next(json, ref, &cursor, &key, &value); separator = ", ") {
		PROPERTY(!key == !is_object && value > ref && value < json->count);
		(void)fputs(separator, stream);
		if (key) {
			PROPERTY(ks_json_member(json, ref, key) == value);
			print_string(stream, key);
			(void)fputs(": ", stream);
		}
		print_value(stream, json, value, depth + 1);
	}
	(void)fputc(is_object ? '}' : ']', stream);
}

static char *print_document(const struct document *document, size_t *ret_length)
{
	char *text = NULL;
	FILE *stream = fuzz_stream(&text, ret_length);

	print_value(stream, &document->json, 0, 0);
	(void)fclose(stream);
	return text;
}

/* Strings inside the text, each with a NUL at its end and none before. */
static void check_strings(const struct ks_json *json)
{
	size_t length = 0;

	for (ks_json_ref ref = 0; ref < json->count; ref++) {
		const char *text = ks_json_string(json, ref, &length);

		if (!text)
			continue;
		PROPERTY(text > json->text && text + length < json->text + json->length);
		PROPERTY(strlen(text) == length);
	}
}

/* As many tokens as it has suffice, and one fewer is refused. */
static void check_room(const struct document *document, const char *text, size_t length, unsigned flags)
{
	const size_t count = (size_t)document->json.count;
	struct ks_json json = {0};
	const char *reason = NULL;
	size_t offset = 0;

	for (size_t room = count - 1; room <= count; room++) {
		char *copy = fuzz_block(text, length);
		void *tokens = fuzz_block(NULL, room * sizeof(jsmntok_t));
		const int r =
			ks_json_parse(&json, copy, length, tokens, room * sizeof(jsmntok_t), flags, &offset, &reason);

		PROPERTY((r == 0) == (room == count));
		free(tokens);
		free(copy);
	}
}

static bool check(const char *text, size_t length, unsigned flags, char **ret_printed)
{
	struct document document = {0}, again = {0};
	const bool good = document_open(&document, text, length, flags);
	char *printed_again = NULL;
	size_t size = 0;

	if (good) {
		check_strings(&document.json);
		check_room(&document, text, length, flags);
		*ret_printed = print_document(&document, &size);
		PROPERTY(document_open(&again, *ret_printed, size, 0));
		printed_again = print_document(&again, &size);
		PROPERTY(strcmp(printed_again, *ret_printed) == 0);
		free(printed_again);
		document_close(&again);
	}
	document_close(&document);
	return good;
}

void fuzz_target(char *bytes, size_t length)
{
	char *strict = NULL, *lenient = NULL;
	const bool is_strict = check(bytes, length, 0, &strict);
	const bool is_lenient = check(bytes, length, KS_JSON_LENIENT, &lenient);

	PROPERTY(is_lenient || !is_strict);
	PROPERTY(!is_strict || strcmp(strict, lenient) == 0);
	free(strict);
	free(lenient);
}
