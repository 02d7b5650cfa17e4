/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "providers/vault/memory.h"
#include "providers/vault/text.h"
#include "tests/support/vault-host.h"

static void joins(void **state)
{
	char *text = ks_vault_join("a", "", "bc", "d", NULL);

	(void)state;
	assert_string_equal(text, "abcd");
	ks_vault_free(text);
	text = ks_vault_join("", NULL);
	assert_string_equal(text, "");
	ks_vault_free(text);
}

static void joins_in_the_hosts_memory(void **state)
{
	(void)state;
	assert_string_equal(ks_vault_text(&vault_host.call, "a", "", "bc", "d", NULL), "abcd");
	assert_string_equal(ks_vault_text(&vault_host.call, "", NULL), "");
	vault_host.allocations = 0;
	assert_null(ks_vault_text(&vault_host.call, "a", NULL));
}

static void keeps_a_part(void **state)
{
	const char *copy = "before";

	(void)state;
	assert_int_equal(ks_vault_keep(&vault_host.call, "abcd", 2, &copy), KS_OK);
	assert_string_equal(copy, "ab");
	assert_int_equal(ks_vault_keep(&vault_host.call, "", 0, &copy), KS_OK);
	assert_string_equal(copy, "");
}

static void keeps_nothing_without_memory(void **state)
{
	const char *copy = "before";

	(void)state;
	vault_host.allocations = 0;
	assert_int_equal(ks_vault_keep(&vault_host.call, "abcd", 2, &copy), KS_ERROR);
	assert_string_equal(copy, "before");
	assert_non_null(strstr(vault_host.call.failure.reason, "out of memory"));
}

static void knows_a_word(void **state)
{
	static const char *const words[] = {"a", "!", "~", "a.b-c_d/e=f"};
	static const char *const others[] = {"", " ", "a b", "a\n", "\x7f", "\x1f", "\xc3\xa4"};

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++)
		assert_true(ks_vault_is_word(words[i], strlen(words[i])));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(ks_vault_is_word(others[i], strlen(others[i])));
	assert_false(ks_vault_is_word("a\0b", 3));
	assert_true(ks_vault_is_word("ab c", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(joins, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(joins_in_the_hosts_memory, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(keeps_a_part, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(keeps_nothing_without_memory, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(knows_a_word, vault_host_begin, vault_host_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
