/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "providers/vault/login/password.h"

static void takes_off_one_line_end(void **state)
{
	static const struct {
		const char *text;
		size_t length;
	} cases[] = {
		{"", 0},
		{"a", 1},
		{"a\n", 1},
		{"a\r\n", 1},
		{"\n", 0},
		{"\r\n", 0},
		{"a\n\n", 2},
		{"a\r\n\r\n", 3},
		{"a\r", 2},
		{"a\n\r", 3},
		{" a \n", 3},
		{"a\nb", 3},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(ks_vault_password_length(cases[i].text, strlen(cases[i].text)), cases[i].length);
}

static void finds_control_characters(void **state)
{
	static const struct {
		const char *text;
		size_t length, place;
	} cases[] = {
		{"", 0, 0},
		{"correct horse battery staple ~!\"\\", 33, 0},
		{"p\xc3\xa4ss\xe2\x82\xac\xf0\x9f\x94\x91", 12, 0},
		{"\xc2\xa0", 2, 0},
		{"a\tb", 3, 2},
		{"a\n", 2, 2},
		{"\0", 1, 1},
		{"ab\0", 3, 3},
		{"a\x1f", 2, 2},
		{"a\x7f", 2, 2},
		{"a\xc2\x80", 3, 2},
		{"a\xc2\x9f", 3, 2},
		/* what is no UTF-8 is told elsewhere */
		{"a\xc2\x80", 2, 0},
		{"\x80", 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(ks_vault_password_control(cases[i].text, cases[i].length), cases[i].place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_off_one_line_end),
		cmocka_unit_test(finds_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
