/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "providers/vault/aws-text.h"
#include "providers/vault/sigv4.h"

/* AWS's own test suite for signatures: its keys, and what it says comes of them. */
#define SUITE_KEY "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define SUITE_DATE "20150830T123600Z"

static void signs_as_the_suite_of_aws_does(void **state)
{
	static const struct ks_vault_sigv4_header plain[] = {
		{"host", "example.amazonaws.com"},
		{"x-amz-date", SUITE_DATE},
	};
	static const struct ks_vault_sigv4_header form[] = {
		{"content-type", "application/x-www-form-urlencoded"},
		{"host", "example.amazonaws.com"},
		{"x-amz-date", SUITE_DATE},
	};
	static const struct {
		const char *method, *body;
		const struct ks_vault_sigv4_header *headers;
		size_t count;
		const char *names, *signature;
	} cases[] = {
		{"GET", "", plain, COUNT(plain), "host;x-amz-date",
			"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{"POST", "", plain, COUNT(plain), "host;x-amz-date",
			"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{"POST", "Param1=value1", form, COUNT(form), "content-type;host;x-amz-date",
			"ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct ks_vault_sigv4 request = {
			.method = cases[i].method,
			.body = cases[i].body,
			.headers = cases[i].headers,
			.header_count = cases[i].count,
			.date = SUITE_DATE,
			.region = "us-east-1",
			.service = "service",
			.secret_key = SUITE_KEY,
		};
		char names[KS_VAULT_SIGV4_NAMES_MAX], signature[KS_VAULT_SIGV4_SIZE];

		ks_vault_sigv4_sign(&request, names, signature);
		assert_string_equal(names, cases[i].names);
		assert_string_equal(signature, cases[i].signature);
	}
}

static void assert_part(bool is_there, const char *value, size_t length, const char *wanted)
{
	assert_int_equal(is_there, wanted != NULL);
	if (!wanted)
		return;
	assert_int_equal(length, strlen(wanted));
	assert_memory_equal(value, wanted, length);
}

static void finds_a_key_of_a_profile(void **state)
{
	static const char file[] = "; made up\n"
				   "orphan = 1\n"
				   "[default]\r\n"
				   "key = one \r\n"
				   "# key = two\n"
				   "[ work ]\n"
				   "other=three\n"
				   "key=a=b\n"
				   "empty =\n"
				   "[default-2]\n"
				   "key = four";
	static const struct {
		const char *profile, *key, *value;
	} cases[] = {
		{"default", "key", "one"},
		{"work", "key", "a=b"},
		{"work", "other", "three"},
		{"work", "empty", NULL},
		{"default-2", "key", "four"},
		{"default", "other", NULL},
		{"default", "orphan", NULL},
		{"default", "ke", NULL},
		{"defaul", "key", NULL},
		{"", "key", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *value = NULL;
		size_t length = 0;
		bool is_there = ks_vault_aws_profile(file, cases[i].profile, cases[i].key, &value, &length);

		assert_part(is_there, value, length, cases[i].value);
	}
}

static void finds_the_text_of_one_element(void **state)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
		{"<Key>one</Key>", "one"},
		{"<A><Key>one</Key></A>", "one"},
		{"<Key>one</Key><Key>two</Key>", NULL},
		{"<Key><b>one</b></Key>", NULL},
		{"<Key>a&amp;b</Key>", NULL},
		{"<Key></Key>", NULL},
		{"<Key>one", NULL},
		{"<Keys>one</Keys>", NULL},
		{"</Key><Key>", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *value = NULL;
		size_t length = 0;
		bool is_there = ks_vault_aws_element(cases[i].text, "Key", &value, &length);

		assert_part(is_there, value, length, cases[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_as_the_suite_of_aws_does),
		cmocka_unit_test(finds_a_key_of_a_profile),
		cmocka_unit_test(finds_the_text_of_one_element),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
