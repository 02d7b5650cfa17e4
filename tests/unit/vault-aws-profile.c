/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>

#include "providers/vault/login/aws-text.h"

#define KEYS "aws_access_key_id = AKID\naws_secret_access_key = SECRET\n"

static void assert_span(struct ks_vault_span span, const char *text)
{
	if (!text) {
		assert_null(span.text);
		return;
	}
	assert_non_null(span.text);
	assert_int_equal(span.length, strlen(text));
	assert_memory_equal(span.text, text, span.length);
}

static void finds_a_profile(void **state)
{
	static const struct {
		const char *text, *access_key, *secret_key, *session_token;
	} cases[] = {
		{"[job]\n" KEYS, "AKID", "SECRET", NULL},
		{"[job]\n" KEYS "aws_session_token=TOKEN==", "AKID", "SECRET", "TOKEN=="},
		{"[default]\naws_access_key_id = OTHER\n[job]\n" KEYS "[last]\naws_session_token = OTHER\n", "AKID",
			"SECRET", NULL},
		{"[job]\r\naws_access_key_id=AKID\r\naws_secret_access_key=SECRET\r\n", "AKID", "SECRET", NULL},
		{"\n# comment\n; another\n  # a third\n[ job ] # here\nregion = eu-west-1\n" KEYS, "AKID", "SECRET",
			NULL},
		{"[job]\nAWS_ACCESS_KEY_ID = AKID\nAws_Secret_Access_Key\t=\tSE/CR+ET=#;x\n", "AKID", "SE/CR+ET=#;x",
			NULL},
		{"[job]\naws_access_key_id = AKID # mine\naws_secret_access_key = SECRET\t; too\n", "AKID", "SECRET",
			NULL},
		{"[job]\n  aws_access_key_id = AKID\n  aws_secret_access_key = SECRET\n", "AKID", "SECRET", NULL},
		{"[job]\ns3 =\n  max = 2\n  aws_session_token = NESTED\n" KEYS, "AKID", "SECRET", NULL},
		{"[job]\n" KEYS "aws_session_token =\n", "AKID", "SECRET", NULL},
		{"[job]\n" KEYS "aws_session_token = # none\n", "AKID", "SECRET", NULL},
		{"[job]\naws_access_key_id = AKID\n", "AKID", NULL, NULL},
		{"[job]\n", NULL, NULL, NULL},
		{"[job]", NULL, NULL, NULL},
		{"[other]\nno option\nkey = a b\naws_session_token = a b\n[job]\n" KEYS, "AKID", "SECRET", NULL},
	};
	struct ks_vault_aws_spans spans;
	unsigned line = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		spans = (struct ks_vault_aws_spans){0};
		assert_int_equal(ks_vault_aws_profile(cases[i].text, strlen(cases[i].text), "job", &spans, &line), 0);
		assert_span(spans.access_key, cases[i].access_key);
		assert_span(spans.secret_key, cases[i].secret_key);
		assert_span(spans.session_token, cases[i].session_token);
	}
}

static void misses_a_profile(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"# [job]\n",
		"[jobs]\n" KEYS,
		"[jo]\n" KEYS,
		"[Job]\n" KEYS,
		"[profile job]\n" KEYS,
		KEYS,
		"[x]\ns3 =\n  [job]\n" KEYS,
	};
	struct ks_vault_aws_spans spans = {0};
	unsigned line = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(ks_vault_aws_profile(texts[i], strlen(texts[i]), "job", &spans, &line), -ENOENT);
	assert_null(spans.access_key.text);
	assert_int_equal(line, 0);
}

static void refuses_what_is_unclear(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
	} cases[] = {
		{"[job\n" KEYS, 1},
		{"[]\n[\n", 2},
		{"[job]\n" KEYS "[job]\n", 4},
		{"[job]\n" KEYS "aws_access_key_id = OTHER\n", 4},
		{"[job]\n" KEYS "AWS_ACCESS_KEY_ID = OTHER\n", 4},
		{"[job]\naws_session_token =\naws_session_token = TOKEN\n", 3},
		{"[job]\nno option\n", 2},
		{"[job]\naws_access_key_id\n", 2},
		{"[job]\naws_access_key_id = A B\n", 2},
		{"[job]\naws_access_key_id = A\x01\n", 2},
		{"[job]\naws_access_key_id = A\xc3\xa4\n", 2},
		{"[job]\n\naws_access_key_id = AKID\n  more\n", 4},
		{"[job]\naws_session_token =\n  TOKEN\n", 3},
	};
	struct ks_vault_aws_spans spans = {0};
	unsigned line = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
			ks_vault_aws_profile(cases[i].text, strlen(cases[i].text), "job", &spans, &line), -EINVAL);
		assert_int_equal(line, cases[i].line);
	}
	assert_null(spans.access_key.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_profile),
		cmocka_unit_test(misses_a_profile),
		cmocka_unit_test(refuses_what_is_unclear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
