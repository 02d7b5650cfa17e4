/* SPDX-License-Identifier: MIT */
/*
 * What a server said, and what of it may be told. The linker puts allocators of ours in the place of the real ones,
 * so that memory can be short.
 */
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "providers/vault/answer.h"
#include "providers/vault/memory.h"

#define SENT "CANARY-sent-0123"
#define LONGER SENT "-and-more"

enum {
	DEEP = 3000, /* beyond what jansson takes */
	MANY = 10000,
	DOCUMENT_MAX = 256 * 1024
};

static unsigned allocations = UINT_MAX; /* that there is still memory for */

void *give_block(size_t size) __asm__("__wrap_malloc");
void *give_zeroed(size_t count, size_t size) __asm__("__wrap_calloc");
void take_block(void *block) __asm__("__wrap_free");
void *system_malloc(size_t size) __asm__("__real_malloc");
void *system_calloc(size_t count, size_t size) __asm__("__real_calloc");
void system_free(void *block) __asm__("__real_free");

static bool has_memory(void)
{
	if (allocations == 0)
		return false;
	allocations--;
	return true;
}

void *give_block(size_t size)
{
	return has_memory() ? system_malloc(size) : NULL;
}

void *give_zeroed(size_t count, size_t size)
{
	return has_memory() ? system_calloc(count, size) : NULL;
}

void take_block(void *block)
{
	system_free(block);
}

static int begin(void **state)
{
	(void)state;
	/* jansson's own are the real ones, and the module must not take ours for an application's */
	json_set_alloc_funcs(malloc, free);
	return ks_vault_memory_init() ? -1 : 0;
}

static void assert_told(const char *text, size_t size, const struct ks_vault_sent *sent, const char *wanted)
{
	char *told = malloc(size); /* of exactly that size: sanitizers see one byte too many */

	assert_non_null(told);
	ks_vault_scrub(told, size, text, sent);
	if (strcmp(told, wanted) != 0)
		fail_msg("told in %zu: \"%s\", not \"%s\"", size, told, wanted);
	free(told);
}

static void tells_what_is_printable(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{"", ""},
		{"permission denied", "permission denied"},
		{"~ !\"#$%&'()*+,-./", "~ !\"#$%&'()*+,-./"},
		{"a\tb\nc\rd\x7f"
		 "e\x1b[31m",
			"a b c d e [31m"},
		{"\n\na\n \nb \n", "a  b"},
		{"a\xc3\xa4\xff"
		 "b",
			"a b"},
		{"\xe2\x80\xae", ""},
	};
	const struct ks_vault_sent sent = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_told(cases[i].text, KS_VAULT_SAID_MAX, &sent, cases[i].told);
}

static void cuts_it(void **state)
{
	const struct ks_vault_sent sent = {.token = SENT};

	(void)state;
	assert_told("abcdef", 1, &sent, "");
	assert_told("abcdef", 2, &sent, "a");
	assert_told("abcdef", 6, &sent, "abcde");
	assert_told("abcdef", 7, &sent, "abcdef");
	assert_told("abc  def", 6, &sent, "abc");
	/* a secret is not cut open */
	assert_told("ab" SENT, 4, &sent, "ab*");
	assert_told("ab" SENT, 6, &sent, "ab***");
	assert_told("hvs." SENT, 3, &sent, "**");
}

static void masks_what_looks_like_a_secret(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{"hvs.CANARY7", "***"},
		{"hvs.CANARY", "hvs.CANARY"},
		{"hvb.CANARY7 hvr.CANARY7", "*** ***"},
		{"s.CANARY7", "***"},
		{"s.CANARY", "s.CANARY"},
		{"b.CANARY7", "***"},
		{"eyJCANARY.eyJCANARY.CANARY-_=", "***"},
		{"sk-ant-api03-CANARY", "***"},
		{"<sk-ant-api03-CANARY>", "<***>"},
		{"\"s.CANARY7\",\"b.CANARY7\"", "\"***\",\"***\""},
		{"token=hvs.CANARY7", "token=***"},
		{"token:hvs.CANARY7/hvs.CANARY7", "token:***/***"},
		{"\xc3\xa4s.CANARY7", "***"},
		{"hvs.AZaz09-_.+=~!", "***!"},
		/* within a word it is none */
		{"errors.NewCanary", "errors.NewCanary"},
		{"a-s.CANARY7", "a-s.CANARY7"},
		{"1s.CANARY7", "1s.CANARY7"},
		{"HVS.CANARY7", "HVS.CANARY7"},
	};
	const struct ks_vault_sent sent = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_told(cases[i].text, KS_VAULT_SAID_MAX, &sent, cases[i].told);
}

static void masks_what_was_sent(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{SENT, "***"},
		{"a" SENT "b", "a***b"},
		{SENT SENT, "******"},
		{"see CANARY-pw!", "see ***!"},
		{"see CANARY-pw2", "see ***2"},
		{LONGER ".", "***."},
		/* a word is told, and a piece */
		{"role five5 of 7", "role five5 of 7"},
		{"a sixsix", "a ***"},
		{"of CANARY-packed", "of ***"},
		{"CANARY-sent-012", "CANARY-sent-012"},
	};
	struct ks_vault_sent sent = {.token = SENT, .packed = "CANARY-packed"};

	(void)state;
	sent.body = json_pack("{s:s, s:s, s:s, s:s, s:i, s:{s:i}}", "password", "CANARY-pw", "role", "five5", "six",
		"sixsix", "longer", LONGER, "number", 7, "object", "of", 7);
	assert_non_null(sent.body);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_told(cases[i].text, KS_VAULT_SAID_MAX, &sent, cases[i].told);
		assert_int_equal(ks_vault_was_sent(cases[i].text, &sent), strstr(cases[i].told, "***") != NULL);
	}
	assert_false(ks_vault_was_sent("", &sent));
	json_decref(sent.body);
}

static int parse(const char *body, size_t length, struct ks_vault_answer *ret_answer)
{
	const struct ks_vault_sent sent = {.token = SENT};
	char *copy = malloc(length + 1); /* the NUL is the last byte that may be read */
	int r = 0;

	assert_non_null(copy);
	memcpy(copy, body, length);
	copy[length] = '\0';
	r = ks_vault_answer_parse(copy, length, &sent, ret_answer);
	free(copy);
	return r;
}

static void takes_answers_apart(void **state)
{
	static const struct {
		const char *body;
		int result;
		const char *said;
	} cases[] = {
		{"", -EINVAL, ""},
		{"x", -EINVAL, "x"},
		{"{}", 0, ""},
		{" {\"data\": null} \n", 0, ""},
		{"{\"errors\": [\"permission denied\"]}", 0, "permission denied"},
		{"{\"errors\": [\"1 error occurred:\\n\\t* permission denied\\n\\n\", \"two\"]}", 0,
			"1 error occurred: * permission denied; two"},
		{"{\"errors\": [\"a\", \"b\"]}", 0, "a; b"},
		{"{\"errors\": []}", 0, ""},
		{"{\"errors\": null}", 0, ""},
		{"{\"errors\": \"text\"}", 0, ""},
		{"{\"errors\": [1, null, \"\", {\"a\": \"b\"}, \"last\", \"\"]}", 0, "last"},
		{"{\"errors\": [\"no " SENT " here\"]}", 0, "no *** here"},
		{"{\"errors\": [\"a\\u0000b\"]}", 0, "a"},
		{"{\"data\": {\"errors\": [\"of a secret\"]}}", 0, ""},
		/* what is no JSON object */
		{"<html>\n<b>502</b> " SENT "</html>", -EINVAL, "<html> <b>502</b> ***</html>"},
		{"[\"errors\"]", -EINVAL, "[\"errors\"]"},
		{"\"text\"", -EINVAL, "\"text\""},
		{"null", -EINVAL, "null"},
		/* of what may be a secret nothing is told */
		{" ", -EINVAL, ""},
		{"{\"a\": 1", -EINVAL, ""},
		{"bad gateway: {\"data\": {\"api_key\": \"CANARY", -EINVAL, "bad gateway: "},
		{"{\"a\": 1} {}", -EINVAL, ""},
		{"{\"a\": 1, \"a\": 2}", -EINVAL, ""},
		{"{\"a\": {\"b\": 1, \"b\": 2}}", -EINVAL, ""},
		{"{\"a\": \"\xff\"}", -EINVAL, ""},
		{"{\"a\": \"\xc3\"}", -EINVAL, ""},
		{"{\"a\\u0000b\": 1}", -EINVAL, ""},
		{"\xef\xbb\xbf{}", -EINVAL, ""},
		{"{\"a\": 99999999999999999999}", -EINVAL, ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ks_vault_answer answer = {.status = 418};
		int r = parse(cases[i].body, strlen(cases[i].body), &answer);

		if (r != cases[i].result || strcmp(answer.said, cases[i].said) != 0)
			fail_msg("%s: %d, and said \"%s\"", cases[i].body, r, answer.said);
		assert_int_equal(answer.status, 418);
		assert_int_equal(answer.root != NULL, r == 0);
		ks_vault_answer_finish(&answer);
	}
}

static void takes_a_nul_for_no_end(void **state)
{
	static const char text[] = "bad\0" SENT;
	struct ks_vault_answer answer = {0};

	(void)state;
	assert_int_equal(parse("{}\0", 3, &answer), -EINVAL);
	assert_string_equal(answer.said, "");
	assert_int_equal(parse(text, sizeof(text) - 1, &answer), -EINVAL);
	assert_string_equal(answer.said, "bad");
}

static void repeat(char *document, const char *part, size_t times)
{
	char *end = document + strlen(document);

	while (times-- > 0)
		end = stpcpy(end, part);
}

static void bears_what_is_too_much(void **state)
{
	static char document[DOCUMENT_MAX];
	struct ks_vault_answer answer = {0};

	(void)state;
	(void)stpcpy(document, "{\"errors\": [\"first\"");
	repeat(document, ",\"another error\"", MANY);
	repeat(document, "]}", 1);
	assert_int_equal(parse(document, strlen(document), &answer), 0);
	assert_int_equal(strncmp(answer.said, "first; another error; another error; ", 37), 0);
	assert_in_range(strlen(answer.said), KS_VAULT_SAID_MAX - 24, KS_VAULT_SAID_MAX - 1);
	ks_vault_answer_finish(&answer);

	(void)stpcpy(document, "{\"errors\": ");
	repeat(document, "[", DEEP);
	repeat(document, "]", DEEP);
	repeat(document, "}", 1);
	assert_int_equal(parse(document, strlen(document), &answer), -EINVAL);
	assert_string_equal(answer.said, "");
}

static void finds_warnings(void **state)
{
	static const char body[] = "{\"warnings\": [\"Invalid path for it\", 7, \"last\"]}";
	struct ks_vault_answer answer = {0};

	(void)state;
	assert_int_equal(parse(body, strlen(body), &answer), 0);
	assert_string_equal(answer.said, "");
	assert_string_equal(ks_vault_answer_warning(&answer, 0), "Invalid path for it");
	assert_null(ks_vault_answer_warning(&answer, 1));
	assert_string_equal(ks_vault_answer_warning(&answer, 2), "last");
	assert_null(ks_vault_answer_warning(&answer, 3));
	assert_true(ks_vault_answer_warns(&answer, "Invalid path"));
	assert_true(ks_vault_answer_warns(&answer, "last"));
	assert_false(ks_vault_answer_warns(&answer, "lasts"));
	assert_false(ks_vault_answer_warns(&answer, "path"));
	ks_vault_answer_finish(&answer);
	/* where there is no answer, there are none */
	assert_null(ks_vault_answer_warning(&answer, 0));
	assert_false(ks_vault_answer_warns(&answer, ""));
}

static void finds_strings(void **state)
{
	json_t *object = json_pack("{s:s, s:s, s:i, s:n, s:s%}", "a", "text", "empty", "", "number", 1, "null", "nul",
		"x\0y", (size_t)3);

	(void)state;
	assert_non_null(object);
	assert_string_equal(ks_vault_string(object, "a"), "text");
	assert_null(ks_vault_string(object, "empty"));
	assert_null(ks_vault_string(object, "number"));
	assert_null(ks_vault_string(object, "null"));
	assert_null(ks_vault_string(object, "nul"));
	assert_null(ks_vault_string(object, "absent"));
	assert_null(ks_vault_string(NULL, "a"));
	json_decref(object);
}

/* At each allocation once: no half of an answer. */
static void tells_that_memory_is_short(void **state)
{
	static const char body[] =
		"{\"errors\": [\"one\", \"two\"], \"data\": {\"api_key\": \"" SENT "\", \"n\": 1.5}}";
	const struct ks_vault_sent sent = {.token = SENT};
	struct ks_vault_answer answer = {0};
	int r = -ENOMEM;
	unsigned count = 0;

	(void)state;
	for (; r == -ENOMEM; count++) {
		allocations = count;
		r = ks_vault_answer_parse(body, sizeof(body) - 1, &sent, &answer);
		allocations = UINT_MAX;
		if (r == -ENOMEM)
			assert_null(answer.root);
	}
	assert_int_equal(r, 0);
	assert_in_range(count, 10, 200);
	answer.index = ks_vault_copy("index");
	assert_non_null(answer.index);
	assert_string_equal(answer.said, "one; two");
	ks_vault_answer_finish(&answer);
	assert_null(answer.root);
	assert_null(answer.index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_is_printable),
		cmocka_unit_test(cuts_it),
		cmocka_unit_test(masks_what_looks_like_a_secret),
		cmocka_unit_test(masks_what_was_sent),
		cmocka_unit_test(takes_answers_apart),
		cmocka_unit_test(takes_a_nul_for_no_end),
		cmocka_unit_test(bears_what_is_too_much),
		cmocka_unit_test(finds_warnings),
		cmocka_unit_test(finds_strings),
		cmocka_unit_test(tells_that_memory_is_short),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
