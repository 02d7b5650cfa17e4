/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <keystile/types.h>
#include <stdio.h>
#include <stdlib.h>

#include "providers/setup-token/text.h"

#define SIZED(text) text, sizeof(text) - 1

/* No secret: only its form counts. 40, 40 and 28 characters. */
#define FIRST "sk-ant-oat01-AAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SECOND "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define THIRD "CCCC-CCCC_CCCC0123456789CCAA"
#define TOKEN FIRST SECOND THIRD
#define VARIABLE "CLAUDE_CODE_OAUTH_TOKEN="

#define DAY_2026_11_20 INT64_C(1795132800)

/* A text, and what is found in it. */
struct reading {
	const char *text;
	size_t length;
	const char *token; /* "" where there is none */
	unsigned tokens, lines;
	bool elsewhere;
};

/* In memory of the very size, so that a sanitizer sees a byte too far. */
static char *find(const char *text, size_t length, struct ks_setup_token *found)
{
	const size_t size = length > 0 ? length : 1;
	char *copy = malloc(size), *token = malloc(size);

	assert_non_null(copy);
	assert_non_null(token);
	memcpy(copy, text, length);
	ks_setup_token_find(copy, length, true, token, found);
	free(copy);
	return token;
}

static void check_readings(const struct reading *readings, size_t count)
{
	struct ks_setup_token found = {0};

	for (size_t i = 0; i < count; i++) {
		const struct reading *reading = &readings[i];
		char *token = find(reading->text, reading->length, &found);

		if (found.length != strlen(reading->token) || memcmp(token, reading->token, found.length) != 0)
			fail_msg("%zu: '%.*s'", i, (int)found.length, token);
		if (found.tokens != reading->tokens || found.lines != reading->lines ||
			found.elsewhere != reading->elsewhere)
			fail_msg("%zu: %u tokens, %u lines, %d", i, found.tokens, found.lines, found.elsewhere);
		free(token);
	}
}

static void the_tokens_above_have_the_length_that_counts(void **state)
{
	(void)state;
	assert_int_equal(sizeof(TOKEN) - 1, KS_SETUP_TOKEN_LENGTH);
}

static void finds_a_token_at_the_beginning_of_a_line(void **state)
{
	static const struct reading readings[] = {
		{SIZED(TOKEN), TOKEN, 1, 1, false},
		{SIZED(TOKEN "\n"), TOKEN, 1, 1, false},
		{SIZED("\n \t" TOKEN " \t\r\n\n"), TOKEN, 1, 1, false},
		{SIZED("# words\n" TOKEN "\n# words\n"), TOKEN, 1, 1, false},
		{SIZED(TOKEN "DDDD"), TOKEN "DDDD", 1, 1, false},
		{SIZED(TOKEN "\nword\n"), TOKEN, 1, 1, false},
		{SIZED("Your token:\n\n" TOKEN "\nStore this token.\nexport " VARIABLE "<token>"), TOKEN, 1, 1,
			false},
		{SIZED("sk-ant-oat"), "sk-ant-oat", 1, 1, false},
	};

	(void)state;
	check_readings(readings, COUNT(readings));
}

/* What is wrong with it the core says. */
static void takes_all_of_that_line(void **state)
{
	static const char text[] = "sk-ant-oat01-a b\xff\0c";
	struct ks_setup_token found = {0};
	char *token = find(text, sizeof(text), &found);

	(void)state;
	assert_int_equal(found.length, sizeof(text));
	assert_memory_equal(token, text, sizeof(text));
	free(token);
}

static void finds_it_behind_the_name_of_its_variable(void **state)
{
	static const struct reading readings[] = {
		{SIZED(VARIABLE TOKEN), TOKEN, 1, 1, false},
		{SIZED("export " VARIABLE TOKEN "\r\n"), TOKEN, 1, 1, false},
		{SIZED("  export   " VARIABLE TOKEN), TOKEN, 1, 1, false},
		{SIZED(VARIABLE "\"" TOKEN "\""), TOKEN, 1, 1, false},
		{SIZED("export " VARIABLE "'" TOKEN "'  \n"), TOKEN, 1, 1, false},
		{SIZED("\"" TOKEN "\""), TOKEN, 1, 1, false},
		{SIZED("export " TOKEN), TOKEN, 1, 1, false},
		{SIZED("export " VARIABLE FIRST "\n" SECOND "\n" THIRD), TOKEN, 1, 3, false},
		{SIZED(VARIABLE "\"" TOKEN "'"), "", 0, 0, true},
		{SIZED(VARIABLE " " TOKEN), "", 0, 0, true},
		{SIZED("exported " VARIABLE TOKEN), "", 0, 0, true},
		{SIZED("OTHER=" TOKEN), "", 0, 0, true},
		{SIZED(VARIABLE), "", 0, 0, false},
		{SIZED(VARIABLE "\""), "", 0, 0, false},
		{SIZED(VARIABLE "\"\""), "", 0, 0, false},
		{SIZED("export "), "", 0, 0, false},
		{SIZED("\""), "", 0, 0, false},
	};

	(void)state;
	check_readings(readings, COUNT(readings));
}

static void joins_the_lines_a_terminal_made_of_it(void **state)
{
	static const struct reading readings[] = {
		{SIZED(FIRST "\n" SECOND THIRD), TOKEN, 1, 2, false},
		{SIZED(FIRST "\r\n" SECOND "\r\n" THIRD "\r\n"), TOKEN, 1, 3, false},
		{SIZED("  " FIRST " \n\t" SECOND "\n  " THIRD), TOKEN, 1, 3, false},
		{SIZED("s\nk-ant-oat01-"), "", 0, 0, false},
		{SIZED("sk-ant-oat\n01-AAAA\n"), "sk-ant-oat01-AAAA", 1, 2, false},
		{SIZED(FIRST SECOND "\n" THIRD "\nword\n"), TOKEN, 1, 2, false},
		{SIZED(FIRST SECOND "\n" THIRD "DD"), TOKEN "DD", 1, 2, false},
		{SIZED(FIRST SECOND "\nStore this token.\n"), FIRST SECOND, 1, 1, false},
		{SIZED(FIRST SECOND "\n\n" THIRD), FIRST SECOND, 1, 1, false},
		{SIZED(FIRST "\n" SECOND "\n\n" THIRD), FIRST SECOND, 1, 2, false},
		{SIZED(FIRST SECOND "\n\"" THIRD "\""), FIRST SECOND, 1, 1, false},
		{SIZED(FIRST SECOND "\n> " THIRD), FIRST SECOND, 1, 1, false},
		{SIZED(FIRST SECOND "\n" THIRD "."), FIRST SECOND, 1, 1, false},
		{SIZED(FIRST SECOND "\n# created 2026-11-20\n" THIRD), FIRST SECOND, 1, 1, false},
		{SIZED(THIRD "\n" FIRST SECOND), FIRST SECOND, 1, 1, false},
	};

	(void)state;
	check_readings(readings, COUNT(readings));
}

static void counts_tokens_and_keeps_the_first(void **state)
{
	static const struct reading readings[] = {
		{SIZED(""), "", 0, 0, false},
		{SIZED("\n\n\r\n \t"), "", 0, 0, false},
		{SIZED("words and words\n{\"a\": 1}\n"), "", 0, 0, false},
		{SIZED("sk-ant-api03-AAAA\nsk-ant-ort01-AAAA\nsk-ant-oa"), "", 0, 0, false},
		{SIZED("SK-ANT-OAT01-AAAA"), "", 0, 0, false},
		{SIZED("token: " TOKEN), "", 0, 0, true},
		{SIZED("{\"accessToken\":\"" TOKEN "\"}"), "", 0, 0, true},
		{SIZED("# " TOKEN "\n"), "", 0, 0, true},
		{SIZED("# " TOKEN "\n" TOKEN), TOKEN, 1, 1, false},
		{SIZED("xsk-ant-oat"), "", 0, 0, true},
		{SIZED(TOKEN "\n" TOKEN), TOKEN, 2, 1, false},
		{SIZED(TOKEN "\n" FIRST "\n" FIRST "\n" FIRST), TOKEN, 2, 1, false},
		{SIZED(FIRST "\n" TOKEN "\n" SECOND), FIRST, 2, 1, false},
		{SIZED(FIRST "\n" SECOND "\n" TOKEN), FIRST SECOND, 2, 2, false},
		{SIZED(VARIABLE TOKEN "\nexport " VARIABLE "'" FIRST "'"), TOKEN, 2, 1, false},
	};

	(void)state;
	check_readings(readings, COUNT(readings));
}

/* A line, the day it says, and whether it is a comment on the day that says none. */
struct comment {
	const char *line;
	int64_t day;
	bool is_bad;
};

static const struct comment comments[] = {
	{"# created 2026-11-20", DAY_2026_11_20, false},
	{"#created 2026-11-20", DAY_2026_11_20, false},
	{"  # \tCreated:  2026-11-20 \t\r", DAY_2026_11_20, false},
	{"# CREATED:2026-11-20", DAY_2026_11_20, false},
	{"# created 2025-01-01", INT64_C(1735689600), false},
	{"# created 2028-02-29", INT64_C(1835395200), false},
	{"# created 9999-12-31", INT64_C(253402214400), false},
	{"# creation 2026-11-20", 0, false},
	{"# made 2026-11-20", 0, false},
	{"created 2026-11-20", 0, false},
	{"# # created 2026-11-20", 0, false},
	{"# create", 0, false},
	{"#", 0, false},
	{"# created", 0, false},
	{"# created:", 0, false},
	{"# created 2024-12-31", 0, true},
	{"# created 1999-10-10", 0, true},
	{"# created 2026-00-20", 0, true},
	{"# created 2026-13-20", 0, true},
	{"# created 2026-11-00", 0, true},
	{"# created 2026-11-32", 0, true},
	{"# created 2026-11-2", 0, true},
	{"# created 2026-11-200", 0, true},
	{"# created 2026-1-200", 0, true},
	{"# created 20261120", 0, true},
	{"# created 2026/11/20", 0, true},
	{"# created 2026-11-20T", 0, true},
	{"# created 2026-11-20 2026-11-20", 0, true},
	{"# created on 2026-11-20", 0, true},
	{"# created 2026--1-20", 0, true},
	{"# created 2026-11--2", 0, true},
	/* days that never were, and days that nobody writes so */
	{"# created 2026-02-29", 0, true},
	{"# created 2026-02-30", 0, true},
	{"# created 2026-11-31", 0, true},
	{"# created 2026-+1-20", 0, true},
	{"# created 2026- 1-20", 0, true},
	{"# created +226-11-20", 0, true},
};

static void check_comment(const struct comment *comment, const char *before, const char *behind)
{
	char text[512];
	struct ks_setup_token found = {0};
	int length = snprintf(text, sizeof(text), "%s%s%s", before, comment->line, behind);

	assert_in_range(length, 1, sizeof(text) - 1);
	free(find(text, (size_t)length, &found));
	if (found.created_at != comment->day || found.bad_date != comment->is_bad)
		fail_msg("%s: day %lld, %s", text, (long long)found.created_at, found.bad_date ? "bad" : "good");
}

static void reads_the_day_it_was_created(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(comments); i++) {
		check_comment(&comments[i], "", "");
		check_comment(&comments[i], "", "\n" TOKEN "\n");
		check_comment(&comments[i], TOKEN "\n# words\n", "");
	}
}

static void takes_two_days_for_none_that_counts(void **state)
{
	struct ks_setup_token found = {0};

	(void)state;
	free(find(SIZED("# created 2026-11-20\n# created 2026-11-21\n"), &found));
	assert_true(found.bad_date);
	free(find(SIZED("# created 2026-11-20\n# created 2 days ago\n"), &found));
	assert_true(found.bad_date);
	free(find(SIZED("# created 2026-11-20\n# created by hand\n"), &found));
	assert_false(found.bad_date);
}

static void joins_nothing_where_it_may_not(void **state)
{
	static const char text[] = FIRST "\n" SECOND "\n";
	char token[sizeof(text)];
	struct ks_setup_token found = {0};

	(void)state;
	ks_setup_token_find(text, sizeof(text) - 1, false, token, &found);
	assert_int_equal(found.tokens, 1);
	assert_int_equal(found.lines, 1);
	assert_int_equal(found.length, sizeof(FIRST) - 1);
	assert_memory_equal(token, FIRST, found.length);
}

/* Whatever the text, what is written fits into as many bytes. */
static void never_writes_more_than_was_read(void **state)
{
	static const char *const parts[] = {FIRST, SECOND, "sk-ant-oat", "\n", "\r\n", " ", "\"", "export ", VARIABLE,
		"# created ", "2026-11-20", "\t", "="};
	struct ks_setup_token found = {0};
	uint32_t random = 1;
	char text[1024];

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		size_t length = 0;

		for (unsigned i = 0; i < round % 10; i++) {
			random = random * 1664525 + 1013904223;
			length += (size_t)snprintf(
				text + length, sizeof(text) - length, "%s", parts[(random >> 16) % COUNT(parts)]);
		}
		free(find(text, length, &found));
		assert_in_range(found.length, 0, length);
		assert_in_range(found.tokens, 0, 2);
		assert_int_equal(found.length > 0, found.tokens > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tokens_above_have_the_length_that_counts),
		cmocka_unit_test(finds_a_token_at_the_beginning_of_a_line),
		cmocka_unit_test(takes_all_of_that_line),
		cmocka_unit_test(finds_it_behind_the_name_of_its_variable),
		cmocka_unit_test(joins_the_lines_a_terminal_made_of_it),
		cmocka_unit_test(counts_tokens_and_keeps_the_first),
		cmocka_unit_test(reads_the_day_it_was_created),
		cmocka_unit_test(takes_two_days_for_none_that_counts),
		cmocka_unit_test(joins_nothing_where_it_may_not),
		cmocka_unit_test(never_writes_more_than_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
