/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <limits.h>

#include "providers/vault/environment.h"
#include "tests/support/vault-host.h"

static struct ks_vault_call *const call = &vault_host.call;

static void takes_a_variable(void **state)
{
	struct ks_vault_variable variable = {.name = "before"};

	(void)state;
	vault_host_set("VAULT_HEADERS", "{}");
	assert_int_equal(ks_vault_variable(call, "VAULT_HEADERS", &variable), KS_OK);
	assert_string_equal(variable.name, "VAULT_HEADERS");
	assert_string_equal(variable.value, "{}");
	assert_int_equal(ks_vault_variable(call, "VAULT_OTHER", &variable), KS_OK);
	assert_string_equal(variable.name, "VAULT_OTHER");
	assert_null(variable.value);
	vault_host_set("VAULT_HEADERS", VAULT_HOST_TOO_LONG);
	variable.name = "before";
	assert_int_equal(ks_vault_variable(call, "VAULT_HEADERS", &variable), KS_MISCONFIGURED);
	assert_string_equal(variable.name, "before");
	assert_string_equal(call->failure.source, "VAULT_HEADERS");
}

static void takes_one_of_twins(void **state)
{
	static const struct {
		const char *vault, *bao, *name, *value;
	} cases[] = {
		{NULL, NULL, "VAULT_ADDR", NULL},
		{"one", NULL, "VAULT_ADDR", "one"},
		{NULL, "two", "BAO_ADDR", "two"},
		{"one", "two", "BAO_ADDR", "two"},
		{"", NULL, "VAULT_ADDR", ""},
		/* it hides the other even when it is empty */
		{"one", "", "BAO_ADDR", ""},
		{VAULT_HOST_TOO_LONG, "two", "BAO_ADDR", "two"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ks_vault_variable variable = {0};

		vault_host_set("VAULT_ADDR", cases[i].vault);
		vault_host_set("BAO_ADDR", cases[i].bao);
		assert_int_equal(ks_vault_twin(call, "VAULT_ADDR", &variable), KS_OK);
		assert_string_equal(variable.name, cases[i].name);
		assert_int_equal(variable.value != NULL, cases[i].value != NULL);
		if (variable.value)
			assert_string_equal(variable.value, cases[i].value);
	}
}

static void refuses_a_twin(void **state)
{
	struct ks_vault_variable variable = {0};

	(void)state;
	vault_host_set("VAULT_ADDR", VAULT_HOST_TOO_LONG);
	assert_int_equal(ks_vault_twin(call, "VAULT_ADDR", &variable), KS_MISCONFIGURED);
	assert_string_equal(call->failure.source, "VAULT_ADDR");
	/* what hides it is no way around */
	vault_host_set("BAO_ADDR", VAULT_HOST_TOO_LONG);
	vault_host_set("VAULT_ADDR", "one");
	assert_int_equal(ks_vault_twin(call, "VAULT_ADDR", &variable), KS_MISCONFIGURED);
	assert_string_equal(call->failure.source, "BAO_ADDR");
	vault_host.allocations = 0;
	assert_int_equal(ks_vault_twin(call, "VAULT_ADDR", &variable), KS_ERROR);
	assert_null(variable.name);
}

static void takes_the_option_first(void **state)
{
	const char *value = NULL, *where = NULL;

	(void)state;
	assert_int_equal(ks_vault_setting(call, KS_VAULT_ADDR, "VAULT_ADDR", &value, &where), KS_OK);
	assert_null(value);
	assert_string_equal(where, "VAULT_ADDR");
	vault_host_set("VAULT_ADDR", "variable");
	assert_int_equal(ks_vault_setting(call, KS_VAULT_ADDR, "VAULT_ADDR", &value, &where), KS_OK);
	assert_string_equal(value, "variable");
	assert_string_equal(where, "VAULT_ADDR");
	vault_host_set("BAO_ADDR", "");
	assert_int_equal(ks_vault_setting(call, KS_VAULT_ADDR, "VAULT_ADDR", &value, &where), KS_OK);
	assert_null(value);
	assert_string_equal(where, "BAO_ADDR");
	vault_host_set("BAO_ADDR", VAULT_HOST_TOO_LONG);
	assert_int_equal(ks_vault_setting(call, KS_VAULT_ADDR, "VAULT_ADDR", &value, &where), KS_MISCONFIGURED);
	/* then the environment is not looked at */
	vault_host.vault.options[KS_VAULT_ADDR] = "option";
	assert_int_equal(ks_vault_setting(call, KS_VAULT_ADDR, "VAULT_ADDR", &value, &where), KS_OK);
	assert_string_equal(value, "option");
	assert_string_equal(where, "addr=");
}

static void knows_the_words_of_go(void **state)
{
	static const char *const yes[] = {"1", "t", "T", "TRUE", "true", "True"};
	static const char *const no[] = {NULL, "", "0", "f", "F", "FALSE", "false", "False"};
	static const char *const neither[] = {
		"yes", "no", "on", "2", "tRUE", "TrUe", " true", "true ", "10", "00", "-1"};
	const char *where = NULL;
	bool flag = false;

	(void)state;
	for (size_t i = 0; i < COUNT(yes); i++) {
		flag = false;
		vault_host_set("VAULT_SKIP_VERIFY", yes[i]);
		assert_int_equal(ks_vault_flag(call, "VAULT_SKIP_VERIFY", &flag, &where), KS_OK);
		assert_true(flag);
		assert_string_equal(where, "VAULT_SKIP_VERIFY");
	}
	for (size_t i = 0; i < COUNT(no); i++) {
		flag = true;
		vault_host_set("VAULT_SKIP_VERIFY", no[i]);
		assert_int_equal(ks_vault_flag(call, "VAULT_SKIP_VERIFY", &flag, &where), KS_OK);
		assert_false(flag);
	}
	flag = true;
	for (size_t i = 0; i < COUNT(neither); i++) {
		vault_host_set("BAO_SKIP_VERIFY", neither[i]);
		assert_int_equal(ks_vault_flag(call, "VAULT_SKIP_VERIFY", &flag, &where), KS_MISCONFIGURED);
		assert_string_equal(call->failure.source, "BAO_SKIP_VERIFY");
		assert_true(flag);
	}
	vault_host_set("BAO_SKIP_VERIFY", VAULT_HOST_TOO_LONG);
	assert_int_equal(ks_vault_flag(call, "VAULT_SKIP_VERIFY", &flag, &where), KS_MISCONFIGURED);
}

static void takes_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: none */
	} cases[] = {
		{NULL, 0},
		{"", 0},
		{"0", 0},
		{"0s", 0},
		{"60", 60000},
		{"1.5", 1500},
		{".5", 500},
		{"30s", 30000},
		{"250ms", 250},
		{"1m", 60000},
		{"1h", 3600000},
		{"2d", 172800000},
		{"1h30m", 5400000},
		{"1m1.5s2ms", 61502},
		{"5000us", 5},
		{"9000000ns", 9},
		{"365d", INT64_C(31536000000)},
		{"366d", -1},
		{"1e999", -1},
		{"999999999999999999999h", -1},
		{"-1", -1},
		{"+1", -1},
		{"-1s", -1},
		{"s", -1},
		{".", -1},
		{"..s", -1},
		{"1h30", -1},
		{"1 h", -1},
		{" 1", -1},
		{"1w", -1},
		{"1M", -1},
		{"1.2.3s", -1},
		{"1h-30m", -1},
		{"nan", -1},
		{"inf", -1},
		{"five", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ms = -1;
		enum ks_result result = KS_OK;

		vault_host_set("VAULT_CLIENT_TIMEOUT", cases[i].text);
		result = ks_vault_duration(call, "VAULT_CLIENT_TIMEOUT", &ms);
		if (ms != cases[i].ms || result != (cases[i].ms < 0 ? KS_MISCONFIGURED : KS_OK))
			fail_msg("%s: %d, %lld ms", cases[i].text, (int)result, (long long)ms);
	}
	assert_string_equal(call->failure.source, "VAULT_CLIENT_TIMEOUT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_a_variable, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(takes_one_of_twins, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(refuses_a_twin, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(takes_the_option_first, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(knows_the_words_of_go, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(takes_durations, vault_host_begin, vault_host_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
