/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "providers/vault/login/aws-text.h"
#include "providers/vault/login/sigv4.h"

/* AWS's own test suite for signatures: its keys, and what it says comes of them. */
#define SUITE_KEY "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define SUITE_DATE "20150830T123600Z"
#define SUITE_TOKEN                                                                                                  \
	"AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfp"                 \
	"SPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQ"                 \
	"DYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+s"                 \
	"cqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="

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
	static const struct ks_vault_sigv4_header sorted[] = {
		{"host", "example.amazonaws.com"},
		{"my-header1", "value1"},
		{"x-amz-date", SUITE_DATE},
	};
	static const struct ks_vault_sigv4_header token[] = {
		{"host", "example.amazonaws.com"},
		{"x-amz-date", SUITE_DATE},
		{"x-amz-security-token", SUITE_TOKEN},
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
		{"POST", "", sorted, COUNT(sorted), "host;my-header1;x-amz-date",
			"c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
		{"POST", "", token, COUNT(token), "host;x-amz-date;x-amz-security-token",
			"85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
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

/* HMAC hashes a key that is longer than a block. What is expected was made with hmac and hashlib of Python. */
static void hashes_a_long_key(void **state)
{
	static const struct ks_vault_sigv4_header headers[] = {
		{"host", "example.amazonaws.com"},
		{"x-amz-date", SUITE_DATE},
	};
	static const struct {
		const char *key, *signature;
	} cases[] = {
		{"012345678901234567890123456789012345678901234567890123456789",
			"191d561fb361b324e80983574619021c65f7b2a087ec260dfc3a888a5a0b9bdf"},
		{"0123456789012345678901234567890123456789012345678901234567890",
			"db32a8216b0318547697d9c350e58450376f1eae1ef21eda3e7df889fed5b708"},
		{"0123456789012345678901234567890123456789012345678901234567890123"
		 "456789012345678901234567890123456789",
			"1753194668f936ced8b111cf57e7647c763e01162ce01c7e1e2860c86d303fce"},
		{"0123456789012345678901234567890123456789012345678901234567890123"
		 "4567890123456789012345678901234567890123456789012345678901234567",
			"89237aaf39c149b07494303f098931f98c00f2dab03c2bbe7fca7df2e8e5b94f"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct ks_vault_sigv4 request = {
			.method = "GET",
			.body = "",
			.headers = headers,
			.header_count = COUNT(headers),
			.date = SUITE_DATE,
			.region = "us-east-1",
			.service = "service",
			.secret_key = cases[i].key,
		};
		char names[KS_VAULT_SIGV4_NAMES_MAX], signature[KS_VAULT_SIGV4_SIZE];

		ks_vault_sigv4_sign(&request, names, signature);
		assert_string_equal(signature, cases[i].signature);
	}
}

static void tells_keys_that_fit(void **state)
{
	const struct ks_vault_span word = {"A", 1}, empty = {"", 0}, blank = {"A B", 3}, none = {NULL, 0};
	const struct {
		struct ks_vault_aws_spans spans;
		bool fit;
	} cases[] = {
		{{word, word, none}, true},
		{{word, word, word}, true},
		{{none, word, none}, false},
		{{word, none, word}, false},
		{{empty, word, none}, false},
		{{word, blank, none}, false},
		{{word, word, blank}, false},
		{{word, word, empty}, false},
	};
	static const char key[KS_VAULT_SIGV4_KEY_MAX + 1] = {[0 ... KS_VAULT_SIGV4_KEY_MAX] = 'A'};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(ks_vault_aws_fit(&cases[i].spans), cases[i].fit);
	assert_true(ks_vault_aws_fit(&(struct ks_vault_aws_spans){word, {key, sizeof(key) - 1}, none}));
	assert_false(ks_vault_aws_fit(&(struct ks_vault_aws_spans){word, {key, sizeof(key)}, none}));
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
		struct ks_vault_span span = {0};

		assert_int_equal(ks_vault_aws_element(cases[i].text, "Key", &span), cases[i].value != NULL);
		if (!cases[i].value)
			continue;
		assert_int_equal(span.length, strlen(cases[i].value));
		assert_memory_equal(span.text, cases[i].value, span.length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_as_the_suite_of_aws_does),
		cmocka_unit_test(hashes_a_long_key),
		cmocka_unit_test(tells_keys_that_fit),
		cmocka_unit_test(finds_the_text_of_one_element),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
