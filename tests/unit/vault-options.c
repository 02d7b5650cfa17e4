/* SPDX-License-Identifier: MIT */
/* What an entry that gives no option has: each row's own column. */
#include "unit.h"

#include "providers/vault/vault.h"

#define ROW(name, type, flag, fallback, help) {name "=", #type, fallback},
static const struct {
	const char *name, *type, *fallback;
} rows[] = {KS_VAULT_OPTIONS(ROW)};

static const struct ks_vault empty;

static void names_every_option(void **state)
{
	(void)state;
	assert_int_equal(COUNT(rows), KS_VAULT_OPTION_COUNT);
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(ks_vault_option_name((enum ks_vault_option)i), rows[i].name);
}

static void falls_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const bool is_choice = strcmp(rows[i].type, "CHOICE") == 0;
		const size_t length = strcspn(rows[i].fallback, is_choice ? "|" : "");
		const char *value = ks_vault_option(&empty, (enum ks_vault_option)i);

		if (length == 0 ? value != NULL
				: !value || strlen(value) != length || strncmp(value, rows[i].fallback, length) != 0)
			fail_msg("%s%s", rows[i].name, value ? value : "(none)");
	}
}

static void takes_what_is_given(void **state)
{
	struct ks_vault vault = {.options = {[KS_VAULT_KIND] = "setup-token"}};

	(void)state;
	assert_string_equal(ks_vault_option(&vault, KS_VAULT_KIND), "setup-token");
	assert_true(ks_vault_option_is(&vault, KS_VAULT_KIND, "setup-token"));
	assert_false(ks_vault_option_is(&vault, KS_VAULT_KIND, "api-key"));
	assert_true(ks_vault_option_is(&empty, KS_VAULT_KIND, "api-key"));
	assert_false(ks_vault_option_is(&empty, KS_VAULT_NAMESPACE, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_every_option),
		cmocka_unit_test(falls_back),
		cmocka_unit_test(takes_what_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
