/* SPDX-License-Identifier: MIT */
/*
 * From what a server answered to a credential, by a clock of our own: the linker puts it in the place of the real
 * one.
 */
#include "unit.h"

#include <stdio.h>
#include <time.h>

#include "providers/vault/memory.h"
#include "providers/vault/secret.h"
#include "tests/support/vault-host.h"

enum {
	NOW_S = 1000000,
	SETTINGS_MAX = 3
};

#define KEY "sk-ant-api03-CANARY"
#define V2(data, metadata)                                                                                           \
	"{\"data\": {\"data\": {\"api_key\": \"" KEY "\"" data "}, \"metadata\": {\"version\": 3" metadata "}}}"
#define V1(data, rest) "{\"data\": {\"api_key\": \"" KEY "\"" data "}" rest "}"
#define DELIVERED "1 3 " KEY

struct setting {
	enum ks_vault_option option;
	const char *value;
};

/* One row: what the server answered, what the entry says, and what comes of it. */
struct row {
	const char *root;
	int version;
	struct setting settings[SETTINGS_MAX];
	enum ks_result result;
	const char *wanted; /* what is delivered, or a part of the reason */
};

time_t tell_date(time_t *date) __asm__("__wrap_time");
time_t tell_date(time_t *date)
{
	assert_null(date);
	return NOW_S;
}

static void reads_times(void **state)
{
	static const struct {
		const char *text;
		int64_t time;
	} cases[] = {
		{"1970-01-01T00:00:01Z", 1},
		{"2026-12-31T23:59:59Z", 1798761599},
		{"2026-12-31T23:59:59.123456789Z", 1798761599},
		{"2028-02-29T00:00:00Z", 1835395200},
		{"2026-12-31T23:59:59+00:00", 1798761599},
		{"2026-12-31T23:59:59+01:30", 1798756199},
		{"2026-12-31T23:59:59-01:30", 1798766999},
		{"2026-12-31T23:59:59.5-01:30", 1798766999},
		{"9999-12-31T23:59:59Z", INT64_C(253402300799)},
		{"", -1},
		{"0", -1},
		{"1798761599", -1},
		{"2026-12-31", -1},
		{"2026-12-31T23:59:59", -1},
		{"2026-12-31 23:59:59Z", -1},
		{"2026-13-31T23:59:59Z", -1},
		{"2026-12-32T23:59:59Z", -1},
		{"2026-12-31T24:00:00Z", -1},
		{"2026-12-31T23:60:00Z", -1},
		{"2026-12-31T23:59:59ZZ", -1},
		{"2026-12-31T23:59:59Z ", -1},
		{"2026-12-31T23:59:59z", -1},
		{"2026-12-31T23:59:59,5Z", -1},
		{"2026-12-31T23:59:59+01", -1},
		{"2026-12-31T23:59:59+0130", -1},
		{"2026-12-31T23:59:59+01:30Z", -1},
		{"2026-12-31T23:59:59*01:30", -1},
		{"tomorrow", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (ks_vault_time(cases[i].text) != cases[i].time)
			fail_msg("%s: %lld", cases[i].text, (long long)ks_vault_time(cases[i].text));
}

static void set(const struct setting settings[SETTINGS_MAX])
{
	memset(vault_host.vault.options, 0, sizeof(vault_host.vault.options));
	for (size_t i = 0; i < SETTINGS_MAX; i++)
		if (settings[i].value)
			vault_host.vault.options[settings[i].option] = settings[i].value;
}

static void refuses_options_that_do_not_go_together(void **state)
{
	static const struct {
		uint32_t kind;
		struct setting settings[SETTINGS_MAX];
		int option; /* that is at fault; -1: none */
	} cases[] = {
		{KS_KIND_API_KEY, {{0}}, -1},
		{KS_KIND_API_KEY, {{KS_VAULT_BASE_URL, "u"}, {KS_VAULT_WORKSPACE, "w"}}, -1},
		{KS_KIND_API_KEY, {{KS_VAULT_BASE_URL_FIELD, "u"}, {KS_VAULT_WORKSPACE_FIELD, "w"}}, -1},
		{KS_KIND_API_KEY, {{KS_VAULT_BASE_URL_FIELD, "u"}, {KS_VAULT_BASE_URL, "u"}},
			KS_VAULT_BASE_URL_FIELD},
		{KS_KIND_API_KEY, {{KS_VAULT_WORKSPACE_FIELD, "w"}, {KS_VAULT_WORKSPACE, "w"}},
			KS_VAULT_WORKSPACE_FIELD},
		{KS_KIND_GATEWAY_TOKEN, {{KS_VAULT_BASE_URL, "u"}}, -1},
		{KS_KIND_GATEWAY_TOKEN, {{KS_VAULT_BASE_URL_FIELD, "u"}}, -1},
		{KS_KIND_GATEWAY_TOKEN, {{KS_VAULT_WORKSPACE, "w"}}, KS_VAULT_WORKSPACE},
		{KS_KIND_GATEWAY_TOKEN, {{KS_VAULT_WORKSPACE_FIELD, "w"}}, KS_VAULT_WORKSPACE_FIELD},
		{KS_KIND_SETUP_TOKEN, {{KS_VAULT_EXPIRES_FIELD, "e"}}, -1},
		{KS_KIND_SETUP_TOKEN, {{KS_VAULT_BASE_URL, "u"}}, KS_VAULT_BASE_URL},
		{KS_KIND_SETUP_TOKEN, {{KS_VAULT_BASE_URL_FIELD, "u"}}, KS_VAULT_BASE_URL_FIELD},
		{KS_KIND_SETUP_TOKEN, {{KS_VAULT_WORKSPACE, "w"}}, KS_VAULT_WORKSPACE},
		{KS_KIND_API_KEY, {{KS_VAULT_VERSION, "3"}}, -1},
		{KS_KIND_API_KEY, {{KS_VAULT_VERSION, "3"}, {KS_VAULT_KV_VERSION, "2"}}, -1},
		{KS_KIND_API_KEY, {{KS_VAULT_KV_VERSION, "1"}}, -1},
		{KS_KIND_API_KEY, {{KS_VAULT_VERSION, "3"}, {KS_VAULT_KV_VERSION, "1"}}, KS_VAULT_VERSION},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum ks_vault_option option = KS_VAULT_OPTION_COUNT;
		const char *fault = NULL;

		set(cases[i].settings);
		vault_host.vault.kind = cases[i].kind;
		fault = ks_vault_secret_check(&vault_host.vault, &option);
		if (!fault != (cases[i].option < 0) || (fault && (int)option != cases[i].option))
			fail_msg("row %zu: %s, option %d", i, fault ? fault : "no fault", (int)option);
	}
}

/* Delivers, or fails. */
static enum ks_result deliver(const struct row *row)
{
	static char source[] = "https://vault.example/v1/ai/data/claude";
	struct ks_vault_secret secret = {.source = source, .version = row->version, .read_at = ks_vault_now()};
	enum ks_result result = KS_ERROR;
	bool is_told = false;

	set(row->settings);
	vault_host.delivered[0] = '\0';
	secret.root = json_loads(row->root, JSON_ALLOW_NUL, NULL);
	if (!secret.root)
		fail_msg("no JSON: %s", row->root);
	result = (enum ks_result)ks_vault_secret_deliver(&vault_host.call, &secret, &is_told);
	assert_int_equal(is_told, result == KS_OK);
	json_decref(secret.root);
	if (result != KS_OK)
		assert_string_equal(vault_host.call.failure.source, source);
	return result;
}

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		enum ks_result result = deliver(&rows[i]);
		const char *told = result == KS_OK ? vault_host.delivered : vault_host.call.failure.reason;

		if (result != rows[i].result ||
			(result == KS_OK ? strcmp(told, rows[i].wanted) != 0 : !strstr(told, rows[i].wanted)))
			fail_msg("row %zu: %d, %s", i, (int)result, told);
		if (result != KS_OK)
			assert_null(strstr(told, "CANARY"));
	}
}

static void delivers_fields(void **state)
{
	static const struct row rows[] = {
		{V1("", ""), 1, {{0}}, KS_OK, DELIVERED},
		{V2("", ""), 2, {{0}}, KS_OK, DELIVERED " version=3"},
		{"{\"data\": {\"k\": \"CANARY\"}}", 1, {{KS_VAULT_FIELD, "k"}}, KS_OK, "1 3 CANARY"},
		{V1(", \"u\": \"https://gw.example\"", ""), 1, {{KS_VAULT_BASE_URL_FIELD, "u"}}, KS_OK,
			DELIVERED " base-url=https://gw.example"},
		{V1("", ""), 1, {{KS_VAULT_BASE_URL, "https://gw.example"}}, KS_OK,
			DELIVERED " base-url=https://gw.example"},
		{V1("", ""), 1, {{KS_VAULT_WORKSPACE, "team"}}, KS_OK, DELIVERED " workspace=team"},
		{V2(", \"w\": \"wrk_A-z.9\"", ""), 2, {{KS_VAULT_WORKSPACE_FIELD, "w"}}, KS_OK,
			DELIVERED " workspace=wrk_A-z.9 version=3"},
		{V2("", ", \"custom_metadata\": {\"w\": \"team\", \"u\": \"https://gw.example\"}"), 2,
			{{KS_VAULT_WORKSPACE_FIELD, "metadata:w"}, {KS_VAULT_BASE_URL_FIELD, "metadata:u"}}, KS_OK,
			DELIVERED " base-url=https://gw.example workspace=team version=3"},
		/* a version of no use is none */
		{"{\"data\": {\"data\": {\"api_key\": \"CANARY\"}, \"metadata\": {\"version\": 0}}}", 2, {{0}}, KS_OK,
			"1 3 CANARY"},
		{"{\"data\": {\"data\": {\"api_key\": \"CANARY\"}, \"metadata\": {\"version\": 4294967297}}}", 2,
			{{0}}, KS_OK, "1 3 CANARY"},
		{"{\"data\": {\"data\": {\"api_key\": \"CANARY\"}, \"metadata\": {\"version\": 2147483647}}}", 2,
			{{0}}, KS_OK, "1 3 CANARY version=2147483647"},
		{"{\"data\": {\"data\": {\"api_key\": \"CANARY\"}, \"metadata\": null}}", 2, {{0}}, KS_OK,
			"1 3 CANARY"},
	};

	(void)state;
	check(rows, COUNT(rows));
	vault_host.vault.kind = KS_KIND_GATEWAY_TOKEN;
	assert_int_equal(deliver(&rows[0]), KS_OK);
	assert_string_equal(vault_host.delivered, "2 3 " KEY);
	/* which may not be sent by the API */
	vault_host.vault.kind = KS_KIND_SETUP_TOKEN;
	assert_int_equal(deliver(&rows[0]), KS_OK);
	assert_int_equal(strncmp(vault_host.delivered, "8 2 ", 4), 0);
}

static void refuses_fields(void **state)
{
	static const struct row rows[] = {
		{V1("", ""), 1, {{KS_VAULT_FIELD, "key"}}, KS_MISCONFIGURED, "has no field key; it has api_key"},
		{V1(", \"b\": 1, \"c\": null", ""), 1, {{KS_VAULT_FIELD, "key"}}, KS_MISCONFIGURED,
			"; it has api_key, b, c"},
		{"{\"data\": {}}", 1, {{0}}, KS_MISCONFIGURED, "has no field api_key; it has none"},
		{"{\"data\": {\"hvs.CANARY123\": \"x\"}}", 1, {{0}}, KS_MISCONFIGURED, "; it has ***"},
		{V1("", ""), 1, {{KS_VAULT_WORKSPACE_FIELD, "w"}}, KS_MISCONFIGURED, "has no field w"},
		{V1("", ""), 1, {{KS_VAULT_BASE_URL_FIELD, "u"}}, KS_MISCONFIGURED, "has no field u"},
		{V2("", ""), 2, {{KS_VAULT_EXPIRES_FIELD, "metadata:e"}}, KS_MISCONFIGURED,
			"has no field metadata:e; it has none"},
		{V1(", \"metadata:e\": 9", ""), 1, {{KS_VAULT_EXPIRES_FIELD, "metadata:e"}}, KS_MISCONFIGURED,
			"it has none"},
		{V2("", ", \"custom_metadata\": {\"w\": \"team\"}"), 2, {{KS_VAULT_WORKSPACE_FIELD, "w"}},
			KS_MISCONFIGURED, "it has api_key"},
		{"{\"data\": {\"api_key\": 7}}", 1, {{0}}, KS_INVALID, "has a field api_key that is no string"},
		{"{\"data\": {\"api_key\": null}}", 1, {{0}}, KS_INVALID, "is no string"},
		{"{\"data\": {\"api_key\": {\"a\": \"CANARY\"}}}", 1, {{0}}, KS_INVALID, "is no string"},
		{"{\"data\": {\"api_key\": \"\"}}", 1, {{0}}, KS_INVALID, "is empty"},
		{"{\"data\": {\"api_key\": \"CANARY\\u0000\"}}", 1, {{0}}, KS_INVALID, "holds a NUL"},
		{V1(", \"u\": 1", ""), 1, {{KS_VAULT_BASE_URL_FIELD, "u"}}, KS_INVALID, "field u that is no string"},
		{V1(", \"w\": \"CANARY one\"", ""), 1, {{KS_VAULT_WORKSPACE_FIELD, "w"}}, KS_INVALID,
			"field w that is no id of a workspace"},
		{V1(", \"w\": \"CANARY\\r\\nx: y\"", ""), 1, {{KS_VAULT_WORKSPACE_FIELD, "w"}}, KS_INVALID,
			"is no id of a workspace"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

/* Deliver from fields with names of that many digits, none of which is looked for. Returns the names that are told.
 */
static const char *told_of(unsigned digits)
{
	char root[16384] = "{\"data\": {\"0\": 1", *end = root + strlen(root);
	const struct row row = {.root = root, .version = 1};
	const char *told = NULL;

	for (unsigned i = 1; i < 30; i++)
		end += snprintf(end, sizeof(root) - (size_t)(end - root), ",\"%0*u\": 1", (int)digits, i);
	(void)stpcpy(end, "}}");
	assert_int_equal(deliver(&row), KS_MISCONFIGURED);
	told = strstr(vault_host.call.failure.reason, "it has ");
	assert_non_null(told);
	return told + strlen("it has ");
}

/* With names of any length it is the sanitizer that sees one byte too many. */
static void bounds_the_names_it_tells(void **state)
{
	(void)state;
	for (unsigned digits = 6; digits < 300; digits++) {
		const char *told = told_of(digits), *end = told + strlen(told);

		assert_in_range(end - told, strlen("0, ..."), 199);
		assert_string_equal(end - strlen(", ..."), ", ...");
		assert_int_equal(told[0], '0');
		/* as many as there is room for */
		if (digits < 180)
			assert_true(strlen(told) + digits + strlen(", ") > 199 - strlen(", ..."));
	}
}

static void cuts_a_name_that_is_too_long(void **state)
{
	char root[512] = "";
	const struct row row = {.root = root, .version = 1};

	(void)state;
	(void)snprintf(root, sizeof(root), "{\"data\": {\"%0230u\": 1}}", 7);
	assert_int_equal(deliver(&row), KS_MISCONFIGURED);
	assert_non_null(strstr(vault_host.call.failure.reason, "it has ..."));
}

static void bounds_the_id_of_a_workspace(void **state)
{
	char root[512] = "", value[160] = "";
	struct row row = {.root = root, .version = 1, .settings = {{KS_VAULT_WORKSPACE_FIELD, "w"}}};

	(void)state;
	memset(value, 'w', 129);
	(void)snprintf(root, sizeof(root), V1(", \"w\": \"%s\"", ""), value);
	assert_int_equal(deliver(&row), KS_INVALID);
	value[128] = '\0';
	(void)snprintf(root, sizeof(root), V1(", \"w\": \"%s\"", ""), value);
	assert_int_equal(deliver(&row), KS_OK);
}

static void finds_the_end(void **state)
{
#define FIELD                                                                                                        \
	{                                                                                                            \
		{                                                                                                    \
			KS_VAULT_EXPIRES_FIELD, "e"                                                                  \
		}                                                                                                    \
	}
#define END(value) V2(", \"e\": " value, "")
#define DELETED(time, value) V2(", \"e\": " value, ", \"deletion_time\": \"" time "\"")
	static const struct row rows[] = {
		{END("1798761599"), 2, FIELD, KS_OK, DELIVERED " expires=1798761599 version=3"},
		{END("\"1798761599\""), 2, FIELD, KS_OK, DELIVERED " expires=1798761599 version=3"},
		{END("\"2026-12-31T23:59:59Z\""), 2, FIELD, KS_OK, DELIVERED " expires=1798761599 version=3"},
		{END("1"), 2, FIELD, KS_OK, DELIVERED " expires=1 version=3"}, /* in the past, as the core will say */
		{V2("", ", \"custom_metadata\": {\"e\": \"1798761599\"}"), 2,
			{{KS_VAULT_EXPIRES_FIELD, "metadata:e"}}, KS_OK, DELIVERED " expires=1798761599 version=3"},
		/* the first of two */
		{DELETED("2026-12-31T23:59:59Z", "1798761600"), 2, FIELD, KS_OK,
			DELIVERED " expires=1798761599 version=3"},
		{DELETED("2026-12-31T23:59:59Z", "1798761598"), 2, FIELD, KS_OK,
			DELIVERED " expires=1798761598 version=3"},
		{DELETED("2026-12-31T23:59:59Z", "0"), 2, {{0}}, KS_OK, DELIVERED " expires=1798761599 version=3"},
		{DELETED("", "0"), 2, {{0}}, KS_OK, DELIVERED " version=3"},
		/* no time */
		{END("0"), 2, FIELD, KS_INVALID, "has a field e that is no time"},
		{END("-1"), 2, FIELD, KS_INVALID, "is no time"},
		{END("1.5"), 2, FIELD, KS_INVALID, "is no time"},
		{END("null"), 2, FIELD, KS_INVALID, "is no time"},
		{END("true"), 2, FIELD, KS_INVALID, "is no time"},
		{END("\"\""), 2, FIELD, KS_INVALID, "is no time"},
		{END("\"0\""), 2, FIELD, KS_INVALID, "is no time"},
		{END("\"-5\""), 2, FIELD, KS_INVALID, "is no time"},
		{END("\"never\""), 2, FIELD, KS_INVALID, "is no time"},
		{END("\"1798761599s\""), 2, FIELD, KS_INVALID, "is no time"},
		{END("\"2026-12-31\""), 2, FIELD, KS_INVALID, "is no time"},
		{V2("", ""), 2, FIELD, KS_MISCONFIGURED, "has no field e"},
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void finds_when_to_ask_again(void **state)
{
	static const struct {
		const char *root;
		int version;
		int64_t cache_ms, refresh; /* seconds from now; 0: not told */
	} cases[] = {
		{V1("", ""), 1, 0, 0},
		{V1("", ", \"lease_duration\": 60"), 1, 0, 60},
		{V1("", ", \"lease_duration\": 0"), 1, 0, 0},
		{V1("", ", \"lease_duration\": -5"), 1, 0, 0},
		{V1("", ", \"lease_duration\": -9223372036854775807"), 1, 0, 0},
		{V1("", ", \"lease_duration\": \"60\""), 1, 0, 0},
		{V1("", ", \"lease_duration\": 60"), 1, 90000, 60},
		{V1("", ", \"lease_duration\": 60"), 1, 30000, 30},
		{V1("", ""), 1, 30000, 30},
		{V1("", ", \"lease_duration\": 60"), 1, 999, 1},
		/* of version 2 it says nothing */
		{V2("", ""), 2, 0, 0},
		{"{\"lease_duration\": 60, \"data\": {\"data\": {\"api_key\": \"CANARY\"}}}", 2, 0, 0},
		{"{\"lease_duration\": 60, \"data\": {\"data\": {\"api_key\": \"CANARY\"}}}", 2, 90000, 90},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct row row = {.root = cases[i].root, .version = cases[i].version};

		vault_host.vault.cache_ms = cases[i].cache_ms;
		assert_int_equal(deliver(&row), KS_OK);
		assert_int_equal(vault_host.refresh_at, cases[i].refresh ? NOW_S + cases[i].refresh : 0);
	}
}

static void bears_a_lease_that_never_ends(void **state)
{
	const struct row row = {.root = V1("", ", \"lease_duration\": 9223372036854775807"), .version = 1};

	(void)state;
	assert_int_equal(deliver(&row), KS_OK);
	assert_int_equal(vault_host.refresh_at, NOW_S + 10 * 365 * 24 * 60 * 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_times),
		cmocka_unit_test_setup_teardown(
			refuses_options_that_do_not_go_together, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(delivers_fields, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(refuses_fields, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(bounds_the_names_it_tells, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(cuts_a_name_that_is_too_long, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(bounds_the_id_of_a_workspace, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(finds_the_end, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(finds_when_to_ask_again, vault_host_begin, vault_host_end),
		cmocka_unit_test_setup_teardown(bears_a_lease_that_never_ends, vault_host_begin, vault_host_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
