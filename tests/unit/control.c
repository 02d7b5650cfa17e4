/* SPDX-License-Identifier: MIT */
/*
 * The table of design section 3, written down a second time.
 */
#include "unit.h"

#include "core/control.h"

/* What follows each result, in the order of enum ks_result: d(one), n(ext), f(ail). */
static const struct {
	const char *text, *actions;
} controls[] = {
	/*              ok not-configured expired invalid unavailable denied misconfigured error */
	{"sufficient", "dnnnnnff"},
	{"binding", "dnffffff"},
	{"requisite", "dfffffff"},
	{"[unavailable=next expired=next]", "dfnfnfff"},
	{"[default=next]", "dnnnnnff"},
	{"[default=next denied=fail]", "dnnnnfff"},
	{"[denied=fail default=next]", "dnnnnfff"},
	{"[default=fail not-configured=next]", "dnffffff"},
	{"[misconfigured=fail error=fail]", "dfffffff"},
	{"[  invalid=next\t]", "dffnffff"},
};

static void test_actions(void **state)
{
	struct ks_control control;
	struct ks_problem problem;
	size_t offset = 0;
	enum ks_action wanted;

	(void)state;
	for (size_t i = 0; i < COUNT(controls); i++) {
		assert_int_equal(ks_control_parse(controls[i].text, &control, &offset, &problem), 0);
		for (int result = KS_OK; result <= KS_ERROR; result++) {
			wanted = controls[i].actions[result] == 'd'   ? KS_ACTION_DONE
				 : controls[i].actions[result] == 'n' ? KS_ACTION_NEXT
								      : KS_ACTION_FAIL;
			if (ks_control_action(control, (enum ks_result)result) != wanted)
				fail_msg("%s after %d", controls[i].text, result);
		}
	}
}

static void test_unknown_results_fail(void **state)
{
	const struct ks_control control = {.next = UINT32_MAX};

	(void)state;
	assert_int_equal(ks_control_action(control, (enum ks_result)8), KS_ACTION_FAIL);
	assert_int_equal(ks_control_action(control, (enum ks_result)1000), KS_ACTION_FAIL);
	assert_int_equal(ks_control_action(control, KS_MISCONFIGURED), KS_ACTION_FAIL);
	assert_int_equal(ks_control_action(control, KS_ERROR), KS_ACTION_FAIL);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
	} cases[] = {
		{"required", 0},
		{"optional", 0},
		{"Sufficient", 0},
		{"", 0},
		{"[", 0},
		{"[]", 0},
		{"[ ]", 0},
		{"[unavailable]", 1},
		{"[=next]", 1},
		{"[unavailable=]", 1},
		{"[unavailable=done]", 1},
		{"[ok=next]", 1},
		{"[ok=fail]", 1},
		{"[denied=next error=next]", 13},
		{"[misconfigured=next]", 1},
		{"[denied=next denied=fail]", 13},
		{"[default=next default=fail]", 14},
		{"[jump=2]", 1},
	};
	struct ks_control control = {.next = 12345};
	struct ks_problem problem;
	size_t offset = 99;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(ks_control_parse(cases[i].text, &control, &offset, &problem) < 0);
		assert_int_equal(offset, cases[i].offset);
		assert_int_equal(problem.result, KS_MISCONFIGURED);
		assert_int_equal(control.next, 12345);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_unknown_results_fail),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
