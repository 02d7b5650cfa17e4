/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include "providers/vault/login/metadata.h"

static void takes_what_is_near(void **state)
{
	static const char *const urls[] = {
		"http://169.254.169.254",
		"http://169.254.170.2/v2/credentials/id",
		"http://169.254.170.23/v1/credentials",
		"http://[fd00:ec2::254]",
		"http://[fd00:ec2::23]:80/v1/credentials",
		"http://[::1]:8080/",
		"http://127.0.0.1:1338",
		"http://127.9.9.9/path?query=1",
		"http://localhost:51679/creds",
		"http://LocalHost",
		"https://metadata.example",
		"https://192.0.2.1:8443/keys?for=me",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++)
		assert_null(ks_vault_metadata_check(urls[i]));
}

static void refuses_what_others_could_read(void **state)
{
	static const char *const urls[] = {
		"",
		"169.254.169.254",
		"/latest",
		"ftp://127.0.0.1/",
		"file:///etc/passwd",
		"http://metadata.example",
		"http://169.253.0.1",
		"http://10.0.0.1",
		"http://128.0.0.1",
		"http://127.0.0.1.example",
		"http://localhost.example",
		"http://169.254.169.254@evil.example/",
		"http://user@127.0.0.1/",
		"https://user:password@metadata.example/",
		"http://[fd00:ec3::254]",
		"http://[::2]",
		"http://[fe80::1]",
		"http://[::1",
		"http:///latest",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++)
		assert_non_null(ks_vault_metadata_check(urls[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_is_near),
		cmocka_unit_test(refuses_what_others_could_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
