/* SPDX-License-Identifier: MIT */
/*
 * What a good file means; the golden cases show what a bad one says.
 */
#include "unit.h"

#include <errno.h>

#include "core/config.h"

static struct ks_entry entries[8];
static unsigned count;

static int keep(void *data, const struct ks_entry *entry)
{
	(void)data;
	assert_true(count < COUNT(entries));
	entries[count++] = *entry;
	return 0;
}

static struct ks_arena arena;

static unsigned parse(const char *text)
{
	struct ks_error error = KS_ERROR_INIT;
	struct ks_report report = {.error = &error};

	count = 0;
	assert_int_equal(ks_config_parse("test.conf", text, strlen(text), &arena, keep, NULL, &report), 0);
	return report.count;
}

static int free_arena(void **state)
{
	(void)state;
	ks_arena_finish(&arena);
	return 0;
}

static void test_columns(void **state)
{
	(void)state;
	assert_int_equal(
		parse("# comment\n\n \tany\tsufficient  env.so var=X @timeout=3s\ncli requisite a-b_1.so"), 0);
	assert_int_equal(count, 2);
	assert_int_equal(entries[0].line, 3);
	assert_int_equal(entries[0].column, 3);
	assert_int_equal(entries[0].transports, KS_TRANSPORT_API | KS_TRANSPORT_CLI);
	assert_string_equal(entries[0].control_text, "sufficient");
	assert_string_equal(entries[0].module, "env");
	assert_int_equal(entries[0].argument_count, 2);
	assert_string_equal(entries[0].arguments[0].name, "var");
	assert_string_equal(entries[0].arguments[0].value, "X");
	assert_int_equal(entries[0].arguments[0].column, 26);
	assert_int_equal(entries[0].arguments[0].value_column, 30);
	assert_int_equal(entries[0].timeout_ms, 3000);
	assert_int_equal(entries[1].transports, KS_TRANSPORT_CLI);
	assert_int_equal(entries[1].timeout_ms, KS_ENTRY_TIMEOUT_MS);
	assert_string_equal(entries[1].module, "a-b_1");
}

static void test_quotes_and_comments(void **state)
{
	(void)state;
	assert_int_equal(parse("api binding x.so a=\"b c\" b=\"\\\"\\\\#\" c=d#e f== # g=\"h\n"), 0);
	assert_int_equal(count, 1);
	assert_int_equal(entries[0].argument_count, 4);
	assert_string_equal(entries[0].arguments[0].value, "b c");
	assert_string_equal(entries[0].arguments[1].value, "\"\\#");
	assert_string_equal(entries[0].arguments[2].value, "d#e");
	assert_string_equal(entries[0].arguments[3].value, "=");
}

static void test_continuation(void **state)
{
	(void)state;
	assert_int_equal(parse("api \\\n [unavailable=next \\\n expired=next]\\\n x.so a=b\\\n c=d\n"
			       "# a comment is not continued \\\nany sufficient y.so\n"),
		0);
	assert_int_equal(count, 2);
	assert_string_equal(entries[0].module, "x");
	assert_int_equal(entries[0].control.next, 1u << KS_UNAVAILABLE | 1u << KS_EXPIRED);
	assert_int_equal(entries[0].argument_count, 2);
	assert_int_equal(entries[0].arguments[1].line, 5);
	assert_int_equal(entries[0].arguments[1].column, 2);
	assert_int_equal(entries[1].line, 7);
}

static void test_include(void **state)
{
	(void)state;
	assert_int_equal(parse("include common\n"), 0);
	assert_int_equal(count, 1);
	assert_string_equal(entries[0].include, "common");
}

static void test_faulty_lines_give_no_entry(void **state)
{
	(void)state;
	assert_int_equal(parse("api sufficient env.so\nbad line\nset x\ncli binding env.so\n"), 3);
	assert_int_equal(count, 2);
	assert_int_equal(entries[1].line, 4);
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t ms;
	} cases[] = {
		{"1ms", 0, 1},
		{"3s", 0, 3000},
		{"10m", 0, 600000},
		{"600000ms", 0, 600000},
		{"600001ms", -ERANGE, 0},
		{"11m", -ERANGE, 0},
		{"99999999999999999999999999s", -ERANGE, 0},
		{"0s", -EINVAL, 0},
		{"01s", -EINVAL, 0},
		{"1", -EINVAL, 0},
		{"s", -EINVAL, 0},
		{"", -EINVAL, 0},
		{"1h", -EINVAL, 0},
		{"-1s", -EINVAL, 0},
		{"1.5s", -EINVAL, 0},
		{"1s ", -EINVAL, 0},
	};
	int64_t ms = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		ms = 0;
		if (ks_duration_parse(cases[i].text, &ms) != cases[i].r || ms != cases[i].ms)
			fail_msg("'%s'", cases[i].text);
	}
}

static void test_names(void **state)
{
	char longest[KS_NAME_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[KS_NAME_MAX + 1] = '\0';
	assert_false(ks_name_is_valid(longest));
	longest[KS_NAME_MAX] = '\0';
	assert_true(ks_name_is_valid(longest));
	assert_true(ks_name_is_valid("0-_"));
	assert_false(ks_name_is_valid(""));
	assert_false(ks_name_is_valid("-a"));
	assert_false(ks_name_is_valid("_a"));
	assert_false(ks_name_is_valid("A"));
	assert_false(ks_name_is_valid("a.b"));
	assert_false(ks_name_is_valid("../a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_columns, free_arena),
		cmocka_unit_test_teardown(test_quotes_and_comments, free_arena),
		cmocka_unit_test_teardown(test_continuation, free_arena),
		cmocka_unit_test_teardown(test_include, free_arena),
		cmocka_unit_test_teardown(test_faulty_lines_give_no_entry, free_arena),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
