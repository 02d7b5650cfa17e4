/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "providers/support/json.h"

/* A document in memory that ends where it ends, so that a sanitizer sees a byte read too far. */
struct document {
	char *text;
	size_t length;
	void *tokens;
	struct ks_json json;
	size_t offset;
	const char *reason;
	int r;
};

static void open_flagged(struct document *document, const char *text, size_t length, unsigned flags)
{
	const size_t token_size = ks_json_token_size(text, length);

	memset(document, 0, sizeof(*document));
	document->text = malloc(length > 0 ? length : 1);
	document->length = length;
	document->tokens = malloc(token_size);
	assert_non_null(document->text);
	assert_non_null(document->tokens);
	memcpy(document->text, text, length);
	document->r = ks_json_parse(&document->json, document->text, length, document->tokens, token_size, flags,
		&document->offset, &document->reason);
}

static void open_bytes(struct document *document, const char *text, size_t length)
{
	open_flagged(document, text, length, 0);
}

static void open_text(struct document *document, const char *text)
{
	open_bytes(document, text, strlen(text));
}

static void close_document(struct document *document)
{
	free(document->text);
	free(document->tokens);
}

static void accepts_what_rfc_8259_allows(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		" \t\r\n{ \t\r\n} \t\r\n",
		"null",
		"true",
		"false",
		"0",
		"-0",
		"-1.5e+10",
		"1E400",
		"0.0e-0",
		"\"\"",
		"\"x\"",
		"[null,true,false]",
		"[[],{},[{}]]",
		"{\"a\":{\"a\":1},\"b\":[{\"a\":2}]}",
		"{\"\":0}",
		"{\"a\":1,\"A\":2}",
		"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
		"\"\\u0041\\uD83D\\ude00\\u0001\"",
		"\"\x7f\"",
		"\"\xc2\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
		"[1 , 2 ,\n3]",
		"{\"a\" : [ ] , \"b\" : { } }",
		"123456789012345678901234567890",
		"[\"{\",\"[\",\",\",\":\",\"}\"]",
	};
	struct document document;
	size_t at, wrong = 0;

	(void)state;
	for (at = 0; at < COUNT(texts); at++) {
		open_text(&document, texts[at]);
		if (document.r != 0) {
			print_error("%s: %s at %zu\n", texts[at], document.reason, document.offset);
			wrong++;
		}
		close_document(&document);
	}
	assert_int_equal(wrong, 0);
}

struct refusal {
	const char *text;
	size_t offset;
	const char *reason; /* a part of it */
};

static void check_refusals(const struct refusal *refusals, size_t count)
{
	struct document document;
	size_t at, wrong = 0;

	for (at = 0; at < count; at++) {
		const char *reason;

		open_text(&document, refusals[at].text);
		reason = document.r == -EINVAL ? document.reason : "accepted";
		if (document.offset != refusals[at].offset || !strstr(reason, refusals[at].reason)) {
			print_error("%s: %s at %zu\n", refusals[at].text, reason, document.offset);
			wrong++;
		}
		close_document(&document);
	}
	assert_int_equal(wrong, 0);
}

static void refuses_broken_structure(void **state)
{
	static const struct refusal refusals[] = {
		{"", 0, "empty"},
		{" \n", 2, "no value"},
		{"{", 1, "no key"},
		{"[", 1, "no value"},
		{"}", 0, "no value"},
		{"[1", 2, "array is not continued"},
		{"[1}", 2, "array is not continued"},
		{"{\"a\":1]", 6, "object is not continued"},
		{"[1 2]", 3, "array is not continued"},
		{"[1,]", 3, "no value"},
		{"[,1]", 1, "no value"},
		{"[1,,2]", 3, "no value"},
		{"{\"a\":1,}", 7, "no key"},
		{"{,}", 1, "no key"},
		{"{\"a\"}", 4, "no colon"},
		{"{\"a\" 1}", 5, "no colon"},
		{"{\"a\",\"b\"}", 4, "no colon"},
		{"{\"a\":}", 5, "no value"},
		{"{\"a\"::1}", 5, "no value"},
		{"{\"a\":1:2}", 6, "object is not continued"},
		{"{\"a\":1 \"b\":2}", 7, "object is not continued"},
		{"{a:1}", 1, "no key"},
		{"{'a':1}", 1, "no key"},
		{"{1:1}", 1, "no key"},
		{"{null:1}", 1, "no key"},
		{"{[]:1}", 1, "no key"},
		{"{\"a\"", 4, "no colon"},
		{"{\"a\":1", 6, "object is not continued"},
		{"[\"a\":1]", 4, "array is not continued"},
		{"{} {}", 3, "more text"},
		{"1 1", 2, "more text"},
		{"{}x", 2, "more text"},
		{"[1]]", 3, "more text"},
		{"// c\n1", 0, "no value"},
		{"[1/**/]", 2, "array is not continued"},
		{"\xef\xbb\xbf{}", 0, "byte order mark"},
		{"[\xc3\xa9]", 1, "no value"},
		{"[\v1]", 1, "no value"},
		{"[\xc2\xa0"
		 "1]",
			1, "no value"},
	};

	(void)state;
	check_refusals(refusals, COUNT(refusals));
}

static void refuses_broken_primitives(void **state)
{
	static const struct refusal refusals[] = {
		{"True", 0, "no value"},
		{"tru", 0, "no value"},
		{"truex", 4, "more text"},
		{"nul", 0, "no value"},
		{"[fals]", 1, "no value"},
		{"NaN", 0, "no value"},
		{"Infinity", 0, "no value"},
		{"-Infinity", 0, "number"},
		{"undefined", 0, "no value"},
		{"+1", 0, "no value"},
		{".5", 0, "no value"},
		{"-", 0, "number"},
		{"[ 1.]", 2, "number"},
		{"1.e5", 0, "number"},
		{"1e", 0, "number"},
		{"1e+", 0, "number"},
		{"1e+-1", 0, "number"},
		{"01", 1, "more text"},
		{"-01", 2, "more text"},
		{"[00]", 2, "array is not continued"},
		{"0x10", 1, "more text"},
		{"1_000", 1, "more text"},
		{"--1", 0, "number"},
		{"'a'", 0, "no value"},
	};

	(void)state;
	check_refusals(refusals, COUNT(refusals));
}

static void refuses_broken_strings(void **state)
{
	static const struct refusal refusals[] = {
		{"\"", 0, "does not end"},
		{"[\"abc", 1, "does not end"},
		{"\"abc\\\"", 0, "does not end"},
		{"\"a\\", 2, "no escape"},
		{"\"\\x41\"", 1, "no escape"},
		{"\"\\'\"", 1, "no escape"},
		{"\"\\U0041\"", 1, "no escape"},
		{"\"\\u\"", 1, "four hex digits"},
		{"\"\\u12", 1, "four hex digits"},
		{"\"\\u123\"", 1, "four hex digits"},
		{"\"\\u12g4\"", 1, "four hex digits"},
		{"\"\\u 123\"", 1, "four hex digits"},
		{"\"\\u0000\"", 1, "NUL"},
		{"{\"a\\u0000b\":1}", 3, "NUL"},
		{"\"x\\ud800\"", 2, "surrogate"},
		{"\"\\ud800x\"", 1, "surrogate"},
		{"\"\\ud800\\n\"", 1, "surrogate"},
		{"\"\\ud800\\ud800\"", 1, "surrogate"},
		{"\"\\ud800\\u0041\"", 1, "surrogate"},
		{"\"\\udc00\"", 1, "surrogate"},
		{"\"\\udc00\\ud800\"", 1, "surrogate"},
		{"\"\\ud800\\udc0", 1, "surrogate"},
		{"\"a\nb\"", 2, "control character"},
		{"\"a\tb\"", 2, "control character"},
		{"\"\x1f\"", 1, "control character"},
		{"\"\x80\"", 1, "UTF-8"},
		{"\"\xc0\xaf\"", 1, "UTF-8"},
		{"\"\xc1\xbf\"", 1, "UTF-8"},
		{"\"\xe0\x9f\xbf\"", 1, "UTF-8"},
		{"\"\xed\xa0\x80\"", 1, "UTF-8"},
		{"\"\xf0\x8f\xbf\xbf\"", 1, "UTF-8"},
		{"\"\xf4\x90\x80\x80\"", 1, "UTF-8"},
		{"\"\xf5\x80\x80\x80\"", 1, "UTF-8"},
		{"\"\xff\"", 1, "UTF-8"},
		{"\"a\xe2\x82\"", 2, "UTF-8"},
		{"\"a\xe2\x82", 2, "UTF-8"},
		{"\"\xe2\x82\x28\"", 1, "UTF-8"},
		{"\"\xc3\"", 1, "UTF-8"},
	};

	(void)state;
	check_refusals(refusals, COUNT(refusals));
}

static void refuses_nul_bytes(void **state)
{
	static const struct {
		const char *text;
		size_t length, offset;
	} cases[] = {
		{"\0", 1, 0},
		{"{}\0", 3, 2},
		{"[1\0]", 4, 2},
		{"\"a\0b\"", 5, 2},
		{"\"a\\\0b\"", 6, 2},
		{"{\"a\"\0:1}", 8, 4},
	};
	struct document document;
	size_t at;

	(void)state;
	for (at = 0; at < COUNT(cases); at++) {
		open_bytes(&document, cases[at].text, cases[at].length);
		assert_int_equal(document.r, -EINVAL);
		assert_int_equal(document.offset, cases[at].offset);
		close_document(&document);
	}
}

static void refuses_duplicate_keys(void **state)
{
	static const struct refusal refusals[] = {
		{"{\"a\":1,\"a\":1}", 7, "same key twice"},
		{"{\"a\":1,\"\\u0061\":2}", 7, "same key twice"},
		{"[{\"x\":{\"k\":[1,2],\"l\":0,\"k\":3}}]", 23, "same key twice"},
		{"{\"a\":{\"b\":1},\"c\":[],\"a\":2}", 20, "same key twice"},
		{"{\"\":1,\"\":2}", 6, "same key twice"},
		{"{\"b\":1,\"a\":2,\"b\":3,\"a\":4}", 13, "same key twice"},
		{"{\"a\":1,\"a\":2,\"a\":3}", 7, "same key twice"},
		{"[{\"a\":{\"a\":1},\"b\":2},{\"b\":{\"a\":1,\"b\":2,\"a\":3}}]", 39, "same key twice"},
	};

	(void)state;
	check_refusals(refusals, COUNT(refusals));
}

/* An object of as many keys as fit, in no order. The last is `last`. */
static void open_keys(struct document *document, const char *last)
{
	enum {
		KEYS = KS_JSON_TOKENS_MAX / 2 - 1,
		STEP = 7919, /* a prime, so that each number comes up once */
		MEMBER_SIZE = 24
	};
	char *text = malloc((size_t)KEYS * MEMBER_SIZE);
	size_t length = 0;
	uint64_t number;

	assert_non_null(text);
	for (number = 0; number < KEYS - 1; number++)
		length += (size_t)sprintf(
			text + length, "%c\"%08u\":0", number == 0 ? '{' : ',', (unsigned)(number * STEP % KEYS));
	length += (size_t)sprintf(text + length, ",\"%s\":0}", last);
	open_bytes(document, text, length);
	free(text);
}

/* In time that does not grow with the square of their number: that took minutes. */
static void compares_many_keys_quickly(void **state)
{
	static const clock_t limit = 10 * CLOCKS_PER_SEC;
	const clock_t start = clock();
	struct document document;

	(void)state;
	open_keys(&document, "last");
	assert_int_equal(document.r, 0);
	assert_true(ks_json_member(&document.json, 0, "last") > 0);
	close_document(&document);
	open_keys(&document, "00000000");
	assert_int_equal(document.r, -EINVAL);
	assert_string_equal(document.reason, "an object has the same key twice");
	assert_int_equal(document.offset, document.length - strlen("\"00000000\":0}"));
	close_document(&document);
	assert_true(clock() - start < limit);
}

static void bounds_depth(void **state)
{
	char text[2 * (KS_JSON_DEPTH_MAX + 1)];
	struct document document;

	(void)state;
	memset(text, '[', sizeof(text) / 2);
	memset(text + sizeof(text) / 2, ']', sizeof(text) / 2);
	open_bytes(&document, text + 1, sizeof(text) - 2);
	assert_int_equal(document.r, 0);
	assert_int_equal(document.json.count, KS_JSON_DEPTH_MAX);
	close_document(&document);
	open_bytes(&document, text, sizeof(text));
	assert_int_equal(document.r, -EINVAL);
	assert_string_equal(document.reason, "it is nested too deeply");
	assert_int_equal(document.offset, KS_JSON_DEPTH_MAX);
	close_document(&document);
}

/* An array of `count` zeros. */
static void open_zeros(struct document *document, size_t count)
{
	const size_t length = 2 * count + 1;
	char *text = malloc(length);
	size_t at;

	assert_non_null(text);
	for (at = 0; at < length; at++)
		text[at] = at % 2 == 0 ? ',' : '0';
	text[0] = '[';
	text[length - 1] = ']';
	open_bytes(document, text, length);
	free(text);
}

static void bounds_tokens(void **state)
{
	struct document document;
	struct ks_json json;
	char text[] = "[1,2]", tokens[1] = {0};
	const char *reason = NULL;
	size_t offset = 0;

	(void)state;
	open_zeros(&document, KS_JSON_TOKENS_MAX - 1);
	assert_int_equal(document.r, 0);
	assert_int_equal(document.json.count, KS_JSON_TOKENS_MAX);
	close_document(&document);
	open_zeros(&document, KS_JSON_TOKENS_MAX);
	assert_int_equal(document.r, -EINVAL);
	assert_string_equal(document.reason, "it has too many values");
	assert_int_equal(document.offset, 2 * KS_JSON_TOKENS_MAX - 1);
	close_document(&document);
	assert_int_equal(ks_json_parse(&json, text, 5, tokens, sizeof(tokens), 0, &offset, &reason), -EINVAL);
	assert_string_equal(reason, "it has too many values");
	assert_string_equal(text, "[1,2]");
}

static void finds_members(void **state)
{
	struct document document;
	ks_json_ref inner, list, value;
	int64_t number = 0;
	size_t length = 0;

	(void)state;
	open_text(&document,
		"{ \"in\\u006eer\" : {\"x\":\"deep\",\"list\":[1,{\"y\":2}]}, \"x\":\"top\", \"last\":null }");
	assert_int_equal(document.r, 0);
	assert_true(ks_json_is_object(&document.json, 0));
	inner = ks_json_member(&document.json, 0, "inner");
	assert_true(ks_json_is_object(&document.json, inner));
	value = ks_json_member(&document.json, 0, "x");
	assert_string_equal(ks_json_string(&document.json, value, NULL), "top");
	value = ks_json_member(&document.json, inner, "x");
	assert_string_equal(ks_json_string(&document.json, value, &length), "deep");
	assert_int_equal(length, 4);
	list = ks_json_member(&document.json, inner, "list");
	assert_true(ks_json_is_array(&document.json, list));
	assert_false(ks_json_is_object(&document.json, list));
	assert_int_equal(ks_json_integer(&document.json, list + 1, &number), 0);
	assert_int_equal(number, 1);
	assert_int_equal(ks_json_member(&document.json, 0, "y"), -1);
	assert_int_equal(ks_json_member(&document.json, 0, "deep"), -1);
	assert_int_equal(ks_json_member(&document.json, 0, ""), -1);
	assert_int_equal(ks_json_member(&document.json, list, "y"), -1);
	assert_int_equal(ks_json_member(&document.json, -1, "x"), -1);
	assert_int_equal(ks_json_member(&document.json, 1000, "x"), -1);
	value = ks_json_member(&document.json, 0, "last");
	assert_true(value > 0);
	assert_null(ks_json_string(&document.json, value, NULL));
	assert_false(ks_json_is_object(&document.json, value));
	assert_int_equal(ks_json_integer(&document.json, value, &number), -EINVAL);
	close_document(&document);
}

static void walks_objects(void **state)
{
	static const char *const keys[] = {"a", "b", "c"};
	struct document document;
	const char *key = NULL;
	ks_json_ref value = -1;
	int cursor = -1;
	size_t seen;
	int64_t number = 0;

	(void)state;
	open_text(&document, "{\"a\":{\"n\":[{}]},\"b\":[[],[\"x\"]],\"c\":3}");
	assert_int_equal(document.r, 0);
	for (seen = 0; ks_json_next(&document.json, 0, &cursor, &key, &value) && seen < COUNT(keys); seen++)
		assert_string_equal(key, keys[seen]);
	assert_int_equal(seen, COUNT(keys));
	assert_false(ks_json_next(&document.json, 0, &cursor, &key, &value));
	assert_int_equal(ks_json_integer(&document.json, value, &number), 0);
	assert_int_equal(number, 3);
	cursor = -1;
	assert_false(ks_json_next(&document.json, value, &cursor, &key, &value));
	assert_false(ks_json_next(&document.json, -1, &cursor, &key, &value));
	close_document(&document);
}

static void walks_arrays(void **state)
{
	struct document document;
	const char *key = "";
	ks_json_ref list, value = -1;
	int cursor = -1;

	(void)state;
	open_text(&document, "{\"empty\":[],\"list\":[[1,2],{\"a\":[3]},\"end\"],\"after\":[4]}");
	assert_int_equal(document.r, 0);
	list = ks_json_member(&document.json, 0, "empty");
	assert_false(ks_json_next(&document.json, list, &cursor, &key, &value));
	list = ks_json_member(&document.json, 0, "list");
	assert_true(ks_json_next(&document.json, list, &cursor, &key, &value));
	assert_null(key);
	assert_true(ks_json_is_array(&document.json, value));
	assert_true(ks_json_next(&document.json, list, &cursor, &key, &value));
	assert_true(ks_json_is_object(&document.json, value));
	assert_true(ks_json_next(&document.json, list, &cursor, &key, &value));
	assert_string_equal(ks_json_string(&document.json, value, NULL), "end");
	assert_false(ks_json_next(&document.json, list, &cursor, &key, &value));
	close_document(&document);
}

static void decodes_strings(void **state)
{
	static const struct {
		const char *text, *decoded;
	} cases[] = {
		{"\"\"", ""},
		{"\"plain\"", "plain"},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
		{"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"},
		{"\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf"},
		{"\"<\\ud83d\\ude00>\"", "<\xf0\x9f\x98\x80>"},
		{"\"\\ud800\\udc00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
		{"\"\\\\u0041\"", "\\u0041"},
		{"\"\\u005cn\"", "\\n"},
		{"\"\xe2\x82\xac\\n\xe2\x82\xac\"", "\xe2\x82\xac\n\xe2\x82\xac"},
	};
	struct document document;
	size_t at, length = 0;

	(void)state;
	for (at = 0; at < COUNT(cases); at++) {
		const char *string;

		open_text(&document, cases[at].text);
		assert_int_equal(document.r, 0);
		string = ks_json_string(&document.json, 0, &length);
		assert_non_null(string);
		assert_string_equal(string, cases[at].decoded);
		assert_int_equal(length, strlen(cases[at].decoded));
		close_document(&document);
	}
}

static void reads_integers(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t value;
	} cases[] = {
		{"0", 0, 0},
		{"-0", 0, 0},
		{"42", 0, 42},
		{"1767225600000", 0, 1767225600000},
		{"9223372036854775807", 0, INT64_MAX},
		{"-9223372036854775808", 0, INT64_MIN},
		{"9223372036854775808", -ERANGE, 0},
		{"-9223372036854775809", -ERANGE, 0},
		{"99999999999999999999999999", -ERANGE, 0},
		{"184467440737095516160", -ERANGE, 0}, /* ten times 2^64 */
		{"99999999999999999999999999.5", -EINVAL, 0},
		{"1.0", -EINVAL, 0},
		{"1e3", -EINVAL, 0},
		{"true", -EINVAL, 0},
		{"null", -EINVAL, 0},
		{"\"1\"", -EINVAL, 0},
		{"[1]", -EINVAL, 0},
	};
	struct document document;
	size_t at;

	(void)state;
	for (at = 0; at < COUNT(cases); at++) {
		int64_t value = -7;

		open_text(&document, cases[at].text);
		assert_int_equal(document.r, 0);
		assert_int_equal(ks_json_integer(&document.json, 0, &value), cases[at].r);
		assert_true(value == (cases[at].r == 0 ? cases[at].value : -7));
		close_document(&document);
	}
}

/* Every text cut short is refused, and no byte behind it is read. */
static void refuses_every_prefix(void **state)
{
	static const char text[] =
		"{\"a\\u00e9\":[1.5e-3,true,null,\"\\ud83d\\ude00\xf0\x9f\x98\x80\"],\"b\":{\"c\":-0}}";
	struct document document;
	size_t length;

	(void)state;
	for (length = 0; length < strlen(text); length++) {
		open_bytes(&document, text, length);
		assert_int_equal(document.r, -EINVAL);
		assert_true(document.offset <= length);
		close_document(&document);
	}
	open_text(&document, text);
	assert_int_equal(document.r, 0);
	close_document(&document);
}

/* What JSON.stringify() writes for a text that was cut in the middle of a character. */
static void takes_half_characters_where_told_to(void **state)
{
	static const char text[] = "{\"a\\ud83d\":\"x\\u0000y\\udc00\\ud83d\\ude00\",\"b\":\"\\ud800\\n\"}";
	struct document document;
	ks_json_ref value;
	size_t length = 0;

	(void)state;
	open_text(&document, text);
	assert_int_equal(document.r, -EINVAL);
	close_document(&document);
	open_flagged(&document, text, strlen(text), KS_JSON_LENIENT);
	assert_int_equal(document.r, 0);
	value = ks_json_member(&document.json, 0, "a\xef\xbf\xbd");
	assert_string_equal(
		ks_json_string(&document.json, value, &length), "x\xef\xbf\xbdy\xef\xbf\xbd\xf0\x9f\x98\x80");
	assert_int_equal(length, 12);
	value = ks_json_member(&document.json, 0, "b");
	assert_string_equal(ks_json_string(&document.json, value, &length), "\xef\xbf\xbd\n");
	close_document(&document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_what_rfc_8259_allows),
		cmocka_unit_test(refuses_broken_structure),
		cmocka_unit_test(refuses_broken_primitives),
		cmocka_unit_test(refuses_broken_strings),
		cmocka_unit_test(refuses_nul_bytes),
		cmocka_unit_test(refuses_duplicate_keys),
		cmocka_unit_test(compares_many_keys_quickly),
		cmocka_unit_test(bounds_depth),
		cmocka_unit_test(bounds_tokens),
		cmocka_unit_test(finds_members),
		cmocka_unit_test(walks_objects),
		cmocka_unit_test(walks_arrays),
		cmocka_unit_test(decodes_strings),
		cmocka_unit_test(reads_integers),
		cmocka_unit_test(refuses_every_prefix),
		cmocka_unit_test(takes_half_characters_where_told_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
