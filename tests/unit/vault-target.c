/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <jansson.h>
#include <stdio.h>

#include "providers/vault/http.h"
#include "providers/vault/memory.h"
#include "providers/vault/target.h"
#include "tests/support/vault-host.h"

#define HTTP "http://127.0.0.1:8200" /* nothing is read for it */

static struct ks_vault_call *const call = &vault_host.call;
static const char **const options = vault_host.vault.options;

static int begin(void **state)
{
	return ks_vault_memory_init() ? -1 : vault_host_begin(state);
}

static int end(void **state)
{
	ks_vault_target_finish(&call->target);
	assert_null(call->target.base);
	return vault_host_end(state);
}

/* Finds anew. */
static enum ks_result find(void)
{
	ks_vault_target_finish(&call->target);
	vault_host_forget();
	return ks_vault_target_find(call);
}

static void refuse(const char *name, const char *value)
{
	vault_host_set(name, value);
	if (find() != KS_MISCONFIGURED || strcmp(call->failure.source, name) != 0)
		fail_msg("%s=%s: %s %s", name, value, call->failure.source, call->failure.reason);
	vault_host_set(name, NULL);
}

static void checks_options(void **state)
{
	static const struct {
		enum ks_vault_option option;
		const char *value;
		bool is_good;
	} cases[] = {
		{KS_VAULT_ADDR, HTTP, true},
		{KS_VAULT_ADDR, "http://vault.example", false},
		{KS_VAULT_PROXY, "none", true},
		{KS_VAULT_PROXY, "http://proxy.example:3128", true},
		{KS_VAULT_PROXY, "proxy.example", false},
		{KS_VAULT_REDIRECTS, "none", true},
		{KS_VAULT_REDIRECTS, "same-host", true},
		{KS_VAULT_REDIRECTS, "a.example,b.example:8200", true},
		{KS_VAULT_REDIRECTS, "https://a.example", false},
		{KS_VAULT_RETRIES, "0", true},
		{KS_VAULT_RETRIES, "100", true},
		{KS_VAULT_RETRIES, "101", false},
		{KS_VAULT_SERVER_NAME, "vault.example", true},
		{KS_VAULT_SERVER_NAME, "vault.example:8200", false},
		{KS_VAULT_CLIENT_CERT, "/cert.pem", false},
		{KS_VAULT_CLIENT_KEY, "/key.pem", false},
	};
	enum ks_vault_option option = KS_VAULT_OPTION_COUNT;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *fault = NULL;

		memset(options, 0, sizeof(vault_host.vault.options));
		options[cases[i].option] = cases[i].value;
		fault = ks_vault_target_check(&vault_host.vault, &option);
		if (!fault != cases[i].is_good || (fault && option != cases[i].option))
			fail_msg("%s: %s, option %d", cases[i].value, fault ? fault : "no fault", (int)option);
	}
	options[KS_VAULT_CLIENT_CERT] = "/cert.pem";
	options[KS_VAULT_CLIENT_KEY] = "/key.pem";
	assert_null(ks_vault_target_check(&vault_host.vault, &option));
	/* of two faults the first is told */
	options[KS_VAULT_ADDR] = "nowhere";
	options[KS_VAULT_RETRIES] = "101";
	assert_non_null(ks_vault_target_check(&vault_host.vault, &option));
	assert_int_equal(option, KS_VAULT_ADDR);
}

static void finds_the_address(void **state)
{
	static const struct {
		const char *addr, *vault_addr, *agent_addr, *base, *where, *socket;
		bool is_agent;
	} cases[] = {
		{HTTP, NULL, NULL, HTTP, "addr=", NULL, false},
		{NULL, HTTP "/", NULL, HTTP, "VAULT_ADDR", NULL, false},
		{NULL, NULL, HTTP, HTTP, "VAULT_AGENT_ADDR", NULL, true},
		{NULL, "https://vault.example", HTTP, HTTP, "VAULT_AGENT_ADDR", NULL, true},
		{NULL, HTTP, "", HTTP, "VAULT_ADDR", NULL, false},
		{HTTP, "nowhere", "nowhere", HTTP, "addr=", NULL, false},
		{"unix:///agent.sock", NULL, NULL, "http://localhost", "addr=", "/agent.sock", true},
		{NULL, "unix:///agent.sock", NULL, "http://localhost", "VAULT_ADDR", "/agent.sock", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		options[KS_VAULT_ADDR] = cases[i].addr;
		vault_host_set("VAULT_ADDR", cases[i].vault_addr);
		vault_host_set("VAULT_AGENT_ADDR", cases[i].agent_addr);
		assert_int_equal(find(), KS_OK);
		assert_string_equal(call->target.base, cases[i].base);
		assert_string_equal(call->target.where, cases[i].where);
		assert_int_equal(call->target.is_agent, cases[i].is_agent);
		assert_int_equal(call->target.socket != NULL, cases[i].socket != NULL);
		if (cases[i].socket)
			assert_string_equal(call->target.socket, cases[i].socket);
	}
	vault_host_set("VAULT_ADDR", NULL);
	vault_host_set("VAULT_AGENT_ADDR", NULL);
	refuse("VAULT_ADDR", "http://vault.example");
	refuse("BAO_AGENT_ADDR", "nowhere");
	refuse("BAO_AGENT_ADDR", VAULT_HOST_TOO_LONG);
	options[KS_VAULT_ADDR] = "nowhere";
	assert_int_equal(find(), KS_MISCONFIGURED);
	assert_string_equal(call->failure.source, "addr=");
}

static void falls_back_to_the_address_of_vault(void **state)
{
	(void)state;
	/* of https: so that no system's certificates have a part in it */
	options[KS_VAULT_TLS_VERIFY] = "no";
	assert_int_equal(find(), KS_OK);
	assert_string_equal(call->target.base, "https://127.0.0.1:8200");
	assert_false(call->target.is_agent);
	assert_int_equal(call->target.retries, 2);
	assert_string_equal(call->target.redirects, "same-host");
	assert_null(call->target.name_space);
	assert_null(call->target.proxy);
	assert_null(call->target.headers);
	assert_int_equal(call->target.timeout_ms, 0);
	assert_true(call->target.rate == 0);
	assert_false(call->target.looks_up);
}

static void finds_namespaces(void **state)
{
	(void)state;
	options[KS_VAULT_ADDR] = HTTP;
	vault_host_set("VAULT_NAMESPACE", "team");
	vault_host_set("VAULT_TLS_SERVER_NAME", "name.example");
	assert_int_equal(find(), KS_OK);
	assert_string_equal(call->target.name_space, "team");
	assert_string_equal(call->target.auth_name_space, "team");
	assert_string_equal(call->target.server_name, "name.example");
	options[KS_VAULT_AUTH_NAMESPACE] = "logins";
	options[KS_VAULT_SERVER_NAME] = "other.example";
	assert_int_equal(find(), KS_OK);
	assert_string_equal(call->target.name_space, "team");
	assert_string_equal(call->target.auth_name_space, "logins");
	assert_string_equal(call->target.server_name, "other.example");
	options[KS_VAULT_NAMESPACE] = "ours";
	assert_int_equal(find(), KS_OK);
	assert_string_equal(call->target.name_space, "ours");
	options[KS_VAULT_SERVER_NAME] = NULL;
	refuse("BAO_TLS_SERVER_NAME", VAULT_HOST_TOO_LONG);
	refuse("BAO_TLS_SERVER_NAME", "name.example:8200");
	options[KS_VAULT_NAMESPACE] = NULL;
	refuse("BAO_NAMESPACE", VAULT_HOST_TOO_LONG);
	refuse("BAO_NAMESPACE", "team\r\nX-Vault-Token: CANARY");
	refuse("BAO_NAMESPACE", "team\x7f");
	vault_host_set("BAO_NAMESPACE", "t\xc3\xa4"
					"m ~");
	assert_int_equal(find(), KS_OK);
}

static void finds_a_proxy(void **state)
{
	static const struct {
		const char *option, *proxy_addr, *http_proxy, *proxy;
	} cases[] = {
		{NULL, NULL, NULL, NULL},
		{"http://a.example", NULL, NULL, "http://a.example"},
		{"http://a.example", "http://b.example", "http://c.example", "http://a.example"},
		{NULL, "http://b.example", "http://c.example", "http://b.example"},
		{NULL, NULL, "http://c.example", "http://c.example"},
		{NULL, "", "http://c.example", "http://c.example"},
		{NULL, NULL, "", NULL},
		{"none", "http://b.example", "nowhere", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		options[KS_VAULT_ADDR] = HTTP;
		options[KS_VAULT_PROXY] = cases[i].option;
		vault_host_set("VAULT_PROXY_ADDR", cases[i].proxy_addr);
		vault_host_set("VAULT_HTTP_PROXY", cases[i].http_proxy);
		assert_int_equal(find(), KS_OK);
		assert_int_equal(call->target.proxy != NULL, cases[i].proxy != NULL);
		if (cases[i].proxy)
			assert_string_equal(call->target.proxy, cases[i].proxy);
	}
	options[KS_VAULT_PROXY] = NULL;
	vault_host_set("VAULT_HTTP_PROXY", NULL);
	refuse("VAULT_PROXY_ADDR", "proxy.example");
	refuse("BAO_HTTP_PROXY", "proxy.example");
	refuse("BAO_HTTP_PROXY", VAULT_HOST_TOO_LONG);
	refuse("VAULT_PROXY_ADDR", VAULT_HOST_TOO_LONG);
}

static void finds_numbers(void **state)
{
	(void)state;
	options[KS_VAULT_ADDR] = HTTP;
	vault_host_set("VAULT_MAX_RETRIES", "100");
	vault_host_set("VAULT_CLIENT_TIMEOUT", "1.5s");
	vault_host_set("VAULT_SRV_LOOKUP", "1");
	vault_host_set("VAULT_DISABLE_REDIRECTS", "true");
	assert_int_equal(find(), KS_OK);
	assert_int_equal(call->target.retries, 100);
	assert_int_equal(call->target.timeout_ms, 1500);
	assert_true(call->target.looks_up);
	assert_string_equal(call->target.redirects, "none");
	/* what the entry says counts */
	options[KS_VAULT_RETRIES] = "0";
	options[KS_VAULT_REDIRECTS] = "a.example";
	vault_host_set("VAULT_DISABLE_REDIRECTS", "perhaps");
	assert_int_equal(find(), KS_OK);
	assert_int_equal(call->target.retries, 0);
	assert_string_equal(call->target.redirects, "a.example");
	options[KS_VAULT_RETRIES] = NULL;
	options[KS_VAULT_REDIRECTS] = NULL;
	refuse("VAULT_DISABLE_REDIRECTS", "perhaps");
	refuse("VAULT_SRV_LOOKUP", "perhaps");
	refuse("VAULT_CLIENT_TIMEOUT", "soon");
	refuse("VAULT_MAX_RETRIES", VAULT_HOST_TOO_LONG);
	refuse("VAULT_DISABLE_REDIRECTS", VAULT_HOST_TOO_LONG);
	refuse("VAULT_MAX_RETRIES", "-1");
	refuse("VAULT_MAX_RETRIES", "101");
	refuse("VAULT_MAX_RETRIES", "2x");
	refuse("VAULT_MAX_RETRIES", "99999999999999999999");
}

static void finds_a_rate(void **state)
{
	static const struct {
		const char *text;
		double rate, burst;
	} cases[] = {
		{"", 0, 0},
		{"10", 10, 10},
		{"2.5", 2.5, 2},
		{"10:20", 10, 20},
		{"0.5:1", 0.5, 1},
		{"1e300", 1e300, 1e9},
	};
	static const char *const bad[] = {
		"0", "-1", "0.5", "ten", "10:", "10:0", "10:-1", "10:x", "10:20:30", "10x", "nan", ":10", "10 :20"};

	(void)state;
	options[KS_VAULT_ADDR] = HTTP;
	for (size_t i = 0; i < COUNT(cases); i++) {
		vault_host_set("VAULT_RATE_LIMIT", cases[i].text);
		assert_int_equal(find(), KS_OK);
		assert_true(call->target.rate == cases[i].rate);
		assert_true(call->target.burst == cases[i].burst);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		refuse("VAULT_RATE_LIMIT", bad[i]);
	refuse("VAULT_RATE_LIMIT", VAULT_HOST_TOO_LONG);
}

static void finds_headers(void **state)
{
	static const char *const bad[] = {"CANARY", "[]", "\"CANARY\"", "{", "{\"A\": 1}", "{\"A\": null}",
		"{\"A\": [\"CANARY\"]}", "{\"X-Vault-Token\": \"CANARY\"}", "{\"x-vAULT-Anything\": \"CANARY\"}",
		"{\"\": \"CANARY\"}", "{\"A B\": \"CANARY\"}", "{\"A:\": \"CANARY\"}", "{\"A\\nB\": \"CANARY\"}",
		"{\"A\": \"CANARY\\r\\nX-Vault-Token: x\"}", "{\"A\": \"CANARY\\n\"}", "{\"A\": \"CANARY\\u0000\"}",
		"{\"A\": \"1\", \"A\": \"2\"}", "{\"content-LENGTH\": \"6\"}", "{\"Transfer-Encoding\": \"chunked\"}",
		VAULT_HOST_TOO_LONG, "{\"Good\": \"1\", \"X-Vault-\": \"CANARY\"}"};

	(void)state;
	options[KS_VAULT_ADDR] = HTTP;
	vault_host_set("VAULT_HEADERS", "");
	assert_int_equal(find(), KS_OK);
	assert_null(call->target.headers);
	vault_host_set("VAULT_HEADERS", "{\"X-Team\": \"ours\", \"X-Vaulted\": \"\", \"A\": \"1\"}");
	ks_vault_memory_fail(); /* which was another call's */
	assert_int_equal(find(), KS_OK);
	assert_string_equal(json_string_value(json_object_get(call->target.headers, "X-Team")), "ours");
	assert_int_equal(json_object_size(call->target.headers), 3);
	for (size_t i = 0; i < COUNT(bad); i++) {
		refuse("VAULT_HEADERS", bad[i]);
		assert_null(strstr(call->failure.reason, "CANARY"));
	}
	/* Vault's alone */
	vault_host_set("BAO_HEADERS", "{\"A\": \"1\"}");
	assert_int_equal(find(), KS_OK);
	assert_null(call->target.headers);
}

/* That many, as VAULT_HEADERS has them (ks_vault_free()). */
static char *headers_of(unsigned count)
{
	json_t *headers = json_object();
	char name[16], *text = NULL;

	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "Header-%u", i);
		assert_int_equal(json_object_set_new(headers, name, json_string("CANARY")), 0);
	}
	text = json_dumps(headers, JSON_COMPACT);
	assert_non_null(text);
	json_decref(headers);
	return text;
}

static void bounds_the_headers(void **state)
{
	char *most = headers_of(KS_VAULT_HEADERS_MAX / 2), *more = headers_of(KS_VAULT_HEADERS_MAX / 2 + 1);

	(void)state;
	options[KS_VAULT_ADDR] = HTTP;
	vault_host_set("VAULT_HEADERS", most);
	assert_int_equal(find(), KS_OK);
	refuse("VAULT_HEADERS", more);
	ks_vault_free(most);
	ks_vault_free(more);
}

static void looks_at_certificates(void **state)
{
	(void)state;
	refuse("VAULT_SKIP_VERIFY", "true");
}

/* At each allocation of the host's once. */
static void tells_that_memory_is_short(void **state)
{
	enum ks_result result = KS_ERROR;
	unsigned count = 0;

	(void)state;
	options[KS_VAULT_ADDR] = HTTP;
	vault_host_set("VAULT_NAMESPACE", "team");
	for (; result == KS_ERROR; count++) {
		vault_host.allocations = count;
		result = find();
		if (result != KS_OK)
			assert_int_equal(result, KS_ERROR);
	}
	assert_int_equal(result, KS_OK);
	assert_in_range(count, 8, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(checks_options, begin, end),
		cmocka_unit_test_setup_teardown(finds_the_address, begin, end),
		cmocka_unit_test_setup_teardown(falls_back_to_the_address_of_vault, begin, end),
		cmocka_unit_test_setup_teardown(finds_namespaces, begin, end),
		cmocka_unit_test_setup_teardown(finds_a_proxy, begin, end),
		cmocka_unit_test_setup_teardown(finds_numbers, begin, end),
		cmocka_unit_test_setup_teardown(finds_a_rate, begin, end),
		cmocka_unit_test_setup_teardown(finds_headers, begin, end),
		cmocka_unit_test_setup_teardown(bounds_the_headers, begin, end),
		cmocka_unit_test_setup_teardown(looks_at_certificates, begin, end),
		cmocka_unit_test_setup_teardown(tells_that_memory_is_short, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
