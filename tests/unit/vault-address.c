/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>

#include "providers/vault/address.h"
#include "providers/vault/memory.h"

#define HUNDRED "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"

static int begin(void **state)
{
	(void)state;
	return ks_vault_memory_init() ? -1 : 0;
}

static void takes_addresses_apart(void **state)
{
	static const struct {
		const char *address, *base, *socket;
	} cases[] = {
		{"https://vault.example", "https://vault.example", NULL},
		{"https://vault.example/", "https://vault.example", NULL},
		{"https://v", "https://v", NULL},
		{"https://vault.example///", "https://vault.example", NULL},
		{"https://vault.example:8200", "https://vault.example:8200", NULL},
		{"https://vault.example:443/", "https://vault.example", NULL},
		{"https://vault.example:8200/pre/fix/", "https://vault.example:8200/pre/fix", NULL},
		{"HTTPS://VAULT.example/Pre", "https://VAULT.example/Pre", NULL},
		{"https://[fe80::1]:8200", "https://[fe80::1]:8200", NULL},
		{"http://127.0.0.1:8200", "http://127.0.0.1:8200", NULL},
		{"http://127.9.8.7:80", "http://127.9.8.7", NULL},
		{"http://localhost:8200/", "http://localhost:8200", NULL},
		{"http://LOCALHOST", "http://LOCALHOST", NULL},
		{"http://[::1]:8200", "http://[::1]:8200", NULL},
		{"unix:///run/agent.sock", "http://localhost", "/run/agent.sock"},
		/* no address */
		{"http://vault.example", NULL, NULL},
		{"http://128.0.0.1", NULL, NULL},
		{"http://126.255.255.255", NULL, NULL},
		{"http://localhost.example", NULL, NULL},
		{"http://127.0.0.1.example", NULL, NULL},
		{"http://[::2]", NULL, NULL},
		{"http://0.0.0.0", NULL, NULL},
		{"ftp://localhost", NULL, NULL},
		{"file:///etc/passwd", NULL, NULL},
		{"vault.example", NULL, NULL},
		{"vault.example:8200", NULL, NULL},
		{"", NULL, NULL},
		{"https://", NULL, NULL},
		{"https://vault example", NULL, NULL},
		{"https://vault.example:port", NULL, NULL},
		{"https://vault.example:65536", NULL, NULL},
		{"https://user@vault.example", NULL, NULL},
		{"https://user:CANARY@vault.example", NULL, NULL},
		{"https://:CANARY@vault.example", NULL, NULL},
		{"https://vault.example?a=b", NULL, NULL},
		{"https://vault.example/#fragment", NULL, NULL},
		{"unix://run/agent.sock", NULL, NULL},
		{"unix://", NULL, NULL},
		{"unix:/run/agent.sock", NULL, NULL},
		{"unix:/x/agent.sock", NULL, NULL},
		{"unix:///" HUNDRED "0123456", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *socket = "before", *fault = NULL;
		char *base = NULL;

		fault = ks_vault_address_parse(cases[i].address, &base, &socket);
		if (!fault != !!cases[i].base || (base && strcmp(base, cases[i].base) != 0))
			fail_msg("%s: %s, %s", cases[i].address, base ? base : "(none)", fault ? fault : "no fault");
		if (!fault)
			assert_int_equal(socket != NULL, cases[i].socket != NULL);
		if (!fault && socket)
			assert_string_equal(socket, cases[i].socket);
		if (fault)
			assert_string_equal(socket, "before");
		assert_int_equal(ks_vault_address_check(cases[i].address) != NULL, fault != NULL);
		ks_vault_free(base);
	}
	assert_null(ks_vault_address_check("unix:///" HUNDRED "012345"));
}

static void bounds_an_address(void **state)
{
	char address[KS_VAULT_ADDRESS_MAX + 2] = "https://vault.example/";

	(void)state;
	memset(address + strlen(address), 'a', sizeof(address) - strlen(address) - 1);
	assert_non_null(ks_vault_address_check(address));
	address[KS_VAULT_ADDRESS_MAX] = '\0';
	assert_null(ks_vault_address_check(address));
}

static void checks_a_proxy(void **state)
{
	static const char *const good[] = {"http://proxy.example:3128", "http://p", "https://proxy.example",
		"http://user:CANARY@proxy.example:3128", "socks5://127.0.0.1:1080", "socks5h://proxy.example"};
	static const char *const bad[] = {"", "proxy.example:3128", "proxy.example", "ftp://proxy.example",
		"socks4://proxy.example", "http://", "http://proxy.example:port", "none"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_null(ks_vault_proxy_check(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_non_null(ks_vault_proxy_check(bad[i]));
}

static void checks_a_list_of_hosts(void **state)
{
	static const char *const good[] = {"vault.example", "vault.example:8200",
		"a.example,b.example:8200,127.0.0.1", "[::1]:8200", "VAULT.example"};
	static const char *const bad[] = {"", ",", "a.example,", ",a.example", "a.example,,b.example",
		"a.example:443", "https://a.example", "a.example/", "a.example:port", "a b", "user@a.example",
		"a.example:8200?x", "a.example,https://b.example"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_null(ks_vault_hosts_check(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		if (!ks_vault_hosts_check(bad[i]))
			fail_msg("%s is none", bad[i]);
}

static void tells_what_is_the_same(void **state)
{
	static const struct {
		const char *url, *other;
		bool is_same;
	} cases[] = {
		{"https://a.example/v1/x", "https://a.example/y?z", true},
		{"https://a.example", "https://A.EXAMPLE:443", true},
		{"http://localhost", "http://localhost:80/", true},
		{"https://a.example:8200", "https://a.example:8201", false},
		{"https://a.example", "https://a.example:8200", false},
		{"https://localhost", "http://localhost", false},
		{"https://localhost:80", "http://localhost:80", false},
		{"https://a.example", "https://b.example", false},
		{"https://a.example", "https://a.example.b.example", false},
		{"https://a.example", "https://a.example@b.example", false},
		{"https://a.example", "", false},
		{"", "https://a.example", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (ks_vault_address_same(cases[i].url, cases[i].other) != cases[i].is_same)
			fail_msg("%s, %s: not %d", cases[i].url, cases[i].other, cases[i].is_same);
}

static void follows(void **state)
{
	static const struct {
		const char *url, *location, *wanted, *reason;
	} cases[] = {
		{"https://a.example/v1/x", "https://b.example/v1/x", "https://b.example/v1/x", NULL},
		{"https://a.example/v1/x", "/v1/y?z=1", "https://a.example/v1/y?z=1", NULL},
		{"https://a.example/v1/x", "y", "https://a.example/v1/y", NULL},
		{"https://a.example/v1/x", "//b.example/y", "https://b.example/y", NULL},
		{"http://localhost:1/x", "https://b.example/", "https://b.example/", NULL},
		{"http://localhost:1/x", "http://localhost:2/x", "http://localhost:2/x", NULL},
		{"http://localhost:1/x", "http://127.0.0.2/x", "http://127.0.0.2/x", NULL},
		{"http://localhost/x", "http://a.example/x", NULL, "leads to http:// on a host that is not this one"},
		{"https://a.example/x", "http://a.example/x", NULL, "leads away from https"},
		{"https://localhost/x", "http://localhost/x", NULL, "leads away from https"},
		{"http://localhost/x", "ftp://localhost/x", NULL, "leads away from https"},
		{"https://a.example/x", "file:///etc/passwd", NULL, "leads away from https"},
		{"https://a.example/x", "https://user@a.example/x", NULL, "leads to a URL with a user"},
		{"https://a.example/x", "https://user:CANARY@a.example/x", NULL, "leads to a URL with a user"},
		{"https://a.example/x", "https://:CANARY@a.example/x", NULL, "leads to a URL with a user"},
		{"https://a.example/x", "https://", NULL, "leads to what is no URL"},
		{"https://a.example/x", "https://a b/", NULL, "leads to what is no URL"},
		{"not a url", "https://a.example/", NULL, "leads to what is no URL"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *reason = "none";
		char *url = ks_vault_address_follow(cases[i].url, cases[i].location, &reason);

		if (strcmp(url ? url : "", cases[i].wanted ? cases[i].wanted : "") != 0 ||
			strcmp(reason, cases[i].reason ? cases[i].reason : "none") != 0)
			fail_msg("%s, %s: %s, %s", cases[i].url, cases[i].location, url ? url : "(none)", reason);
		ks_vault_free(url);
	}
}

static void checks_a_name(void **state)
{
	static const char *const good[] = {"vault.example", "VAULT", "127.0.0.1", "[::1]", "v"};
	static const char *const bad[] = {"", "vault.example:8200", "vault.example:443", "[::1]:8200",
		"https://vault.example", "vault.example/", "user@vault.example", "a b", "a\nb", "::1", ":"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (ks_vault_name_check(good[i]))
			fail_msg("%s %s", good[i], ks_vault_name_check(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		if (!ks_vault_name_check(bad[i]))
			fail_msg("%s is none", bad[i]);
}

static void names_the_host(void **state)
{
	static const struct {
		const char *url, *host;
	} cases[] = {
		{"https://a.example/v1/x", "a.example"},
		{"https://a.example:443/", "a.example"},
		{"https://a.example:8200/", "a.example:8200"},
		{"http://localhost:443/", "localhost:443"},
		{"https://[::1]:8200/", "[::1]:8200"},
		{"no url", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *host = ks_vault_address_host(cases[i].url);

		assert_int_equal(host != NULL, cases[i].host != NULL);
		if (host)
			assert_string_equal(host, cases[i].host);
		ks_vault_free(host);
	}
}

static void finds_a_host_in_a_list(void **state)
{
	(void)state;
	assert_true(ks_vault_address_listed("a.example", "a.example"));
	assert_true(ks_vault_address_listed("A.example:8200", "b.example,a.EXAMPLE:8200"));
	assert_true(ks_vault_address_listed("b", "a,b,c"));
	assert_false(ks_vault_address_listed("a.example", "a.example:8200"));
	assert_false(ks_vault_address_listed("a.example:8200", "a.example"));
	assert_false(ks_vault_address_listed("a.exampl", "a.example"));
	assert_false(ks_vault_address_listed("example", "a.example"));
	assert_false(ks_vault_address_listed("a,b", "a,b"));
	assert_false(ks_vault_address_listed("a", ""));
}

static void checks_a_path(void **state)
{
	static const char *const good[] = {"ai/claude", "ai", "a/b/c", ".a/..b/c.d", "a/...b", "a b/c", "a../b"};
	static const char *const bad[] = {"", "/", "/ai", "ai/", "ai//claude", "ai/./claude", "./ai", "ai/.", "../ai",
		"ai/..", "ai/../claude", "ai/claude."};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (ks_vault_path_check(good[i]))
			fail_msg("%s %s", good[i], ks_vault_path_check(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		if (!ks_vault_path_check(bad[i]))
			fail_msg("%s is none", bad[i]);
}

static void escapes_a_path(void **state)
{
	static const struct {
		const char *path, *escaped;
	} cases[] = {
		{"", ""},
		{"ai/AZ-az_09.~", "ai/AZ-az_09.~"},
		{"a b/c?d#e", "a%20b/c%3Fd%23e"},
		{"100%/%2e", "100%25/%252e"},
		{"\xc3\xa4\x01\xff", "%C3%A4%01%FF"},
		{"a+b&c;d\"\\", "a%2Bb%26c%3Bd%22%5C"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *escaped = ks_vault_path_escape(cases[i].path);

		assert_string_equal(escaped, cases[i].escaped);
		ks_vault_free(escaped);
	}
}

static void tells_what_is_private(void **state)
{
	(void)state;
	assert_true(ks_vault_address_is_secure("https://vault.example"));
	assert_true(ks_vault_address_is_secure("HTTPS://vault.example"));
	assert_false(ks_vault_address_is_secure("http://127.0.0.1"));
	assert_false(ks_vault_address_is_secure("http"));
	assert_false(ks_vault_address_is_secure(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_addresses_apart),
		cmocka_unit_test(bounds_an_address),
		cmocka_unit_test(checks_a_proxy),
		cmocka_unit_test(checks_a_list_of_hosts),
		cmocka_unit_test(tells_what_is_the_same),
		cmocka_unit_test(follows),
		cmocka_unit_test(checks_a_name),
		cmocka_unit_test(names_the_host),
		cmocka_unit_test(finds_a_host_in_a_list),
		cmocka_unit_test(checks_a_path),
		cmocka_unit_test(escapes_a_path),
		cmocka_unit_test(tells_what_is_private),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
