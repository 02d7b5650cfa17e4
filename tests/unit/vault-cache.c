/* SPDX-License-Identifier: MIT */
/*
 * When an answer is given again, by a clock of our own: the linker puts it in the place of the real one.
 */
#include "unit.h"

#include <stdio.h>
#include <time.h>

#include "providers/vault/cache.h"
#include "providers/vault/memory.h"
#include "tests/support/vault-host.h"

enum {
	CACHE_MS = 900,
	REFRESH_MS = 600,
	REFRESH_TWICE_MS = 1200, /* where it was read at the first */
	BEGAN_MS = 5000,
	LONG_MS = 600000,
	LEASE_S = 3,
	LEASE_MS = 3000,
	LEASE_REFRESH_MS = 2000
};

static struct ks_vault_call *const call = &vault_host.call;
static int64_t now;
static unsigned reads;
static enum ks_result served;
static bool is_refused; /* by the host */
static int version;
static int64_t lease, ends_in; /* seconds; 0: none */

int64_t tell_time(void) __asm__("__wrap_ks_vault_now");
int64_t tell_time(void)
{
	return now;
}

/* Each secret has the number of its reading. */
static enum ks_result read_secret(struct ks_vault_call *reading, struct ks_vault_secret *ret_secret)
{
	reads++;
	if (served != KS_OK)
		return ks_vault_fail(reading, served, "https://vault.example", "wait", "is away");
	*ret_secret = (struct ks_vault_secret){
		.root = json_pack("{s:i, s:I}", "number", (int)reads, "lease_duration", (json_int_t)lease),
		.source = ks_vault_copy("source"),
		.version = version,
		.read_at = now};
	assert_non_null(ret_secret->root);
	return KS_OK;
}

static int begin(void **state)
{
	now = BEGAN_MS;
	reads = 0;
	served = KS_OK;
	is_refused = false;
	version = 2;
	lease = ends_in = 0;
	if (vault_host_begin(state) != 0)
		return -1;
	call->target.base = ks_vault_copy("https://vault.example");
	vault_host.vault.cache_ms = CACHE_MS;
	vault_host_set("VAULT_TOKEN", "CANARY-one");
	return 0;
}

static int end(void **state)
{
	ks_vault_cache_clear(&vault_host.vault.cached);
	assert_null(vault_host.vault.cached.identity);
	ks_vault_free(call->target.base);
	return vault_host_end(state);
}

/* Asks at that time. Returns the number of the secret; 0 for none, with the result that was served. */
static int find(int64_t ms)
{
	struct ks_vault_secret secret = {0};
	enum ks_result result = KS_OK;
	int number = 0;

	now = BEGAN_MS + ms;
	result = ks_vault_cache_find(call, read_secret, &secret);
	if (result == KS_OK) {
		number = (int)json_integer_value(json_object_get(secret.root, "number"));
		assert_string_equal(secret.source, "source");
		assert_int_equal(secret.version, version);
		assert_true(number > 0);
		secret.ends_at = ends_in ? (int64_t)time(NULL) + ends_in : 0;
		if (!is_refused)
			ks_vault_cache_keep(&vault_host.vault, &secret);
	} else {
		assert_int_equal(result, served);
		assert_null(secret.root);
	}
	ks_vault_secret_finish(&secret);
	vault_host_forget();
	return number;
}

static void keeps_nothing_unasked(void **state)
{
	(void)state;
	vault_host.vault.cache_ms = 0;
	assert_int_equal(find(0), 1);
	assert_int_equal(find(0), 2);
	assert_null(vault_host.vault.cached.root);
	served = KS_UNAVAILABLE;
	assert_int_equal(find(0), 0);
}

static void gives_it_again_for_a_while(void **state)
{
	(void)state;
	assert_int_equal(find(0), 1);
	assert_int_equal(find(0), 1);
	assert_int_equal(find(REFRESH_MS - 1), 1);
	assert_int_equal(reads, 1);
	assert_int_equal(find(REFRESH_MS), 2);
	/* its time begins anew */
	assert_int_equal(find(REFRESH_TWICE_MS - 1), 2);
	assert_int_equal(find(REFRESH_TWICE_MS), 3);
	assert_int_equal(find(REFRESH_TWICE_MS + CACHE_MS), 4);
	assert_int_equal(vault_host.warnings, 0);
}

static void bridges_an_outage(void **state)
{
	(void)state;
	assert_int_equal(find(0), 1);
	served = KS_UNAVAILABLE;
	assert_int_equal(find(REFRESH_MS - 1), 1);
	assert_int_equal(vault_host.warnings, 0);
	assert_int_equal(find(REFRESH_MS), 1);
	assert_int_equal(vault_host.warnings, 1);
	assert_non_null(strstr(vault_host.warning, "https://vault.example is away"));
	assert_int_equal(find(CACHE_MS - 1), 1);
	assert_int_equal(find(CACHE_MS), 0);
	assert_int_equal(reads, 4);
}

static void does_not_hide_a_refusal(void **state)
{
	static const enum ks_result refusals[] = {KS_DENIED, KS_MISCONFIGURED, KS_EXPIRED, KS_ERROR};

	(void)state;
	assert_int_equal(find(0), 1);
	for (size_t i = 0; i < COUNT(refusals); i++) {
		served = refusals[i];
		assert_int_equal(find(REFRESH_MS), 0);
	}
	assert_int_equal(vault_host.warnings, 0);
}

static void reads_a_fresh_one(void **state)
{
	(void)state;
	assert_int_equal(find(0), 1);
	vault_host.request.flags = KS_PROVIDER_FRESH;
	assert_int_equal(find(1), 2);
	vault_host.request.flags = 0;
	assert_int_equal(find(1), 2);
	/* the old one was refused: it is none to fall back on */
	vault_host.request.flags = KS_PROVIDER_FRESH;
	served = KS_UNAVAILABLE;
	assert_int_equal(find(1), 0);
}

static void gives_it_to_whom_it_was_given(void **state)
{
	(void)state;
	assert_int_equal(find(0), 1);
	vault_host_set("VAULT_TOKEN", "CANARY-two");
	assert_int_equal(find(1), 2);
	call->target.name_space = "team";
	assert_int_equal(find(2), 3);
	call->target.auth_name_space = "team";
	assert_int_equal(find(3), 4);
	call->target.socket = "/run/agent.sock";
	assert_int_equal(find(4), 5);
	assert_int_equal(find(5), 5);
	/* nor does an outage give it to another */
	served = KS_UNAVAILABLE;
	call->target.socket = NULL;
	assert_int_equal(find(6), 0);
	served = KS_OK;
	assert_int_equal(find(7), 7);
	/* with a login of its own an entry has one identity, whatever VAULT_TOKEN says */
	vault_host.vault.options[KS_VAULT_AUTH] = "approle";
	assert_int_equal(find(8), 8);
	vault_host_set("VAULT_TOKEN", "CANARY-three");
	assert_int_equal(find(9), 8);
}

static void gives_nothing_without_a_token(void **state)
{
	(void)state;
	assert_int_equal(find(0), 1);
	vault_host_set("VAULT_TOKEN", "not a token");
	served = KS_MISCONFIGURED;
	assert_int_equal(find(1), 0);
	vault_host_set("VAULT_TOKEN", "CANARY-one");
	vault_host.allocations = 0;
	served = KS_ERROR;
	assert_int_equal(find(1), 0);
	assert_int_equal(reads, 1);
}

static void keeps_none_that_gave_no_credential(void **state)
{
	(void)state;
	is_refused = true;
	assert_int_equal(find(0), 1);
	assert_int_equal(find(1), 2);
	assert_null(vault_host.vault.cached.root);
	is_refused = false;
	assert_int_equal(find(2), 3);
	assert_int_equal(find(3), 3);
}

static void ends_with_the_credential(void **state)
{
	(void)state;
	ends_in = 3600;
	assert_int_equal(find(0), 1);
	assert_int_equal(find(1), 1);
	vault_host_set("VAULT_TOKEN", "CANARY-two");
	ends_in = 5;
	assert_int_equal(find(2), 2);
	/* it is read before the host takes what is kept for expired */
	assert_int_equal(find(3), 3);
	served = KS_UNAVAILABLE;
	assert_int_equal(find(4), 0);
}

static void heeds_a_lease_of_version_1(void **state)
{
	(void)state;
	vault_host.vault.cache_ms = LONG_MS;
	lease = LEASE_S;
	assert_int_equal(find(0), 1);
	assert_int_equal(find(LEASE_MS), 1);
	version = 1;
	vault_host_set("VAULT_TOKEN", "CANARY-two");
	assert_int_equal(find(0), 2);
	assert_int_equal(find(LEASE_REFRESH_MS - 1), 2);
	assert_int_equal(find(LEASE_REFRESH_MS), 3);
	served = KS_UNAVAILABLE;
	assert_int_equal(find(LEASE_REFRESH_MS + LEASE_MS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_none_that_gave_no_credential, begin, end),
		cmocka_unit_test_setup_teardown(ends_with_the_credential, begin, end),
		cmocka_unit_test_setup_teardown(heeds_a_lease_of_version_1, begin, end),
		cmocka_unit_test_setup_teardown(keeps_nothing_unasked, begin, end),
		cmocka_unit_test_setup_teardown(gives_it_again_for_a_while, begin, end),
		cmocka_unit_test_setup_teardown(bridges_an_outage, begin, end),
		cmocka_unit_test_setup_teardown(does_not_hide_a_refusal, begin, end),
		cmocka_unit_test_setup_teardown(reads_a_fresh_one, begin, end),
		cmocka_unit_test_setup_teardown(gives_it_to_whom_it_was_given, begin, end),
		cmocka_unit_test_setup_teardown(gives_nothing_without_a_token, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
