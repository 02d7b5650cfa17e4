/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "core/kind.h"

static void test_secret_check_names_the_place(void **state)
{
	struct ks_problem problem;
	char secret[KS_SECRET_MAX + 1];

	(void)state;
	memset(secret, 'x', sizeof(secret));
	assert_int_equal(ks_secret_check(secret, KS_SECRET_MAX, &problem), 0);
	assert_true(ks_secret_check(secret, KS_SECRET_MAX + 1, &problem) < 0);
	assert_true(ks_secret_check(secret, 0, &problem) < 0);
	for (int byte = 0; byte < 256; byte++) {
		secret[3] = (char)byte;
		assert_int_equal(ks_secret_check(secret, 10, &problem) == 0, byte > 0x20 && byte < 0x7f);
	}
	secret[3] = '\n';
	assert_true(ks_secret_check(secret, 10, &problem) < 0);
	assert_non_null(strstr(problem.reason, "byte 4 of 10"));
	assert_null(strstr(problem.reason, "xxx"));
}

static void test_accepted_prefix(void **state)
{
	static const char *const refused[] = {"", "sk-ant-", "sk-ant--", "sk-ant-new", "new01-", "sk-ant-New01-",
		"sk-ant-oat01-", "sk-ant-oatx-", "sk-ant-ort01-", "sk-ant-sid01-", "sk-ant-admin01-", "sk-ant-api01-",
		"sk-ant-api03-"};
	struct ks_problem problem;

	(void)state;
	assert_int_equal(ks_accept_check("sk-ant-new01-", &problem), 0);
	for (size_t i = 0; i < COUNT(refused); i++) {
		if (ks_accept_check(refused[i], &problem) == 0)
			fail_msg("accepted '%s'", refused[i]);
	}
	assert_true(ks_kind_accepts(KS_KIND_API_KEY, "sk-ant-new01-xxx", 16, false, NULL, &problem) < 0);
	assert_int_equal(
		ks_kind_accepts(KS_KIND_API_KEY, "sk-ant-new01-xxx", 16, false, "sk-ant-new01-", &problem), 0);
	assert_true(
		ks_kind_accepts(KS_KIND_SETUP_TOKEN, "sk-ant-new01-xxx", 16, false, "sk-ant-new01-", &problem) < 0);
	assert_true(ks_kind_accepts(KS_KIND_API_KEY, "sk-ant-oat01-xxx", 16, false, "sk-ant-oat01-", &problem) < 0);
}

/* Whatever stands before it: a gateway's token is something else. */
static void test_a_credential_within_a_text_is_none(void **state)
{
	static const char *const texts[] = {"\"sk-ant-oat01-xxxxxxxxxxxx\"",
		"CLAUDE_CODE_OAUTH_TOKEN=sk-ant-oat01-xxxx", "gw-sk-ant-api03-xxxxxxxxxxxxxxxx", "xsk-ant-"};
	struct ks_problem problem;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		for (uint32_t kind = KS_KIND_API_KEY; kind <= KS_KIND_STORED_LOGIN; kind <<= 1)
			if (ks_kind_accepts(kind, texts[i], strlen(texts[i]), true, NULL, &problem) == 0)
				fail_msg("accepted '%s' as kind %u", texts[i], kind);
	assert_int_equal(ks_kind_accepts(KS_KIND_GATEWAY_TOKEN, "gw-sk-an-xxx", 12, true, NULL, &problem), 0);
}

static void test_payers_of_kinds(void **state)
{
	(void)state;
	assert_int_equal(ks_kinds_payers(KS_KIND_API_KEY), KS_PAYER_API | KS_PAYER_GATEWAY);
	assert_int_equal(ks_kinds_payers(KS_KIND_GATEWAY_TOKEN), KS_PAYER_GATEWAY);
	assert_int_equal(ks_kinds_payers(KS_KIND_FEDERATED_TOKEN), KS_PAYER_API);
	assert_int_equal(ks_kinds_payers(KS_KIND_SETUP_TOKEN | KS_KIND_STORED_LOGIN), KS_PAYER_SUBSCRIPTION);
	assert_int_equal(ks_kinds_payers(0), 0);
}

static void test_rows_are_found(void **state)
{
	(void)state;
	for (unsigned i = 0; ks_kind_rule_at(i); i++) {
		assert_ptr_equal(ks_kind_rule((uint32_t)ks_kind_rule_at(i)->kind), ks_kind_rule_at(i));
	}
	assert_non_null(ks_kind_rule_at(4));
	assert_null(ks_kind_rule_at(5));
	assert_null(ks_kind_rule(3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secret_check_names_the_place),
		cmocka_unit_test(test_accepted_prefix),
		cmocka_unit_test(test_a_credential_within_a_text_is_none),
		cmocka_unit_test(test_payers_of_kinds),
		cmocka_unit_test(test_rows_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
