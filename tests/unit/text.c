/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "core/problem.h"
#include "core/text.h"

static void test_printable(void **state)
{
	static const struct {
		const char *text;
		size_t length, printable, sequence;
	} cases[] = {
		{"a", 1, 1, 1},
		{" ", 1, 1, 1},
		{"~", 1, 1, 1},
		{"\x1f", 1, 0, 1},
		{"\t", 1, 0, 1},
		{"\x7f", 1, 0, 1},
		{"\0", 1, 0, 1},
		{"", 0, 0, 0},
		{"\xc3\xa9", 2, 2, 2},
		{"\xc2\x85", 2, 0, 2}, /* C1 */
		{"\xe2\x82\xac", 3, 3, 3},
		{"\xe2\x80\xa8", 3, 0, 3}, /* line separator */
		{"\xe2\x80\xae", 3, 0, 3}, /* right-to-left override */
		{"\xe2\x81\xa6", 3, 0, 3}, /* isolate */
		{"\xf0\x9f\x97\x9d", 4, 4, 4},
		{"\xc0\xaf", 2, 0, 0}, /* overlong */
		{"\xe0\x80\xaf", 3, 0, 0},
		{"\xed\xa0\x80", 3, 0, 0},     /* surrogate */
		{"\xf4\x90\x80\x80", 4, 0, 0}, /* above U+10FFFF */
		{"\xe2\x82", 2, 0, 0},         /* cut off */
		{"\x80", 1, 0, 0},
		{"\xff", 1, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(ks_text_printable(cases[i].text, cases[i].length), cases[i].printable);
		assert_int_equal(ks_text_sequence(cases[i].text, cases[i].length), cases[i].sequence);
	}
}

static void test_scrub(void **state)
{
	char text[] = "a\nb\x1b[31m\xff\xc3\xa9\xe2\x80\xae.";

	(void)state;
	assert_true(!ks_text_is_printable(text, strlen(text)));
	ks_scrub(text);
	assert_string_equal(text, "a?b?[31m?\xc3\xa9???.");
	assert_true(ks_text_is_printable(text, strlen(text)));
}

static void test_scrub_redacts_secrets(void **state)
{
	char text[] = "'sk-ant-api03-canary-canary' and x=sk-ant-oat01-canary-canary-AA.";
	char prefix[] = "write sk-ant-api03-, or sk-ant-";

	(void)state;
	ks_scrub(text);
	assert_string_equal(text, "'sk-ant-***' and x=sk-ant-***.");
	ks_scrub(prefix);
	assert_string_equal(prefix, "write sk-ant-api03-, or sk-ant-");
}

static void test_shell_words(void **state)
{
	static const struct {
		const char *text, *word;
	} cases[] = {
		{"/etc/keystile", "/etc/keystile"},
		{"/a b", "'/a b'"},
		{"/$(touch x)", "'/$(touch x)'"},
		{"-rf", "'-rf'"},
		{"/it's", ""},
		{"/a\nb", ""},
		{"", ""},
	};
	char word[32];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(ks_text_shell_word(cases[i].text, word, sizeof(word)), cases[i].word[0] != '\0');
		assert_string_equal(word, cases[i].word);
	}
	assert_false(ks_text_shell_word("/a/path/that/is/longer/than/the/room", word, sizeof(word)));
}

static void test_problem_is_cut_not_overrun(void **state)
{
	struct ks_problem problem;
	char longer[2 * KS_REASON_MAX];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(ks_problem(&problem, KS_INVALID, longer, "%s", longer), -22);
	assert_int_equal(strlen(problem.reason), KS_REASON_MAX - 1);
	assert_int_equal(strlen(problem.remedy), KS_REMEDY_MAX - 1);
	assert_int_equal(ks_problem(NULL, KS_ERROR, "", "%s", "x"), -5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_scrub),
		cmocka_unit_test(test_scrub_redacts_secrets),
		cmocka_unit_test(test_shell_words),
		cmocka_unit_test(test_problem_is_cut_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
