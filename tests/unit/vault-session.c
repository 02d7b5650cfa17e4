/* SPDX-License-Identifier: MIT */
/*
 * The life of a token, with a clock and a server of our own: the linker puts them in the place of the real ones.
 */
#include "unit.h"

#include "providers/vault/login/login.h"
#include "providers/vault/memory.h"
#include "providers/vault/session.h"

enum {
	LEASE_S = 1000,
	ASKED_MAX = 8,
	DUE = 750 /* thousandths of a lease: behind the latest time to renew it */
};

/* What the server answers next, and what it was asked. */
static struct {
	enum ks_result result, login_result;
	long status;
	int lease_s, uses;
	bool renewable;
} server;
static struct {
	const char *path; /* "login" for one */
	char token[16];
	int increment;
	bool can_do_without;
} asked[ASKED_MAX];
static unsigned asked_count, login_count, warning_count;
static int64_t now;

int64_t answer_now(void) __asm__("__wrap_ks_vault_now");
enum ks_result answer_ask(struct ks_vault_call *call, const struct ks_vault_request *request,
	struct ks_vault_answer *ret_answer) __asm__("__wrap_ks_vault_ask");
enum ks_result answer_login(struct ks_vault_call *call, struct ks_vault_session *ret_session) __asm__(
	"__wrap_ks_vault_login");

int64_t answer_now(void)
{
	return now;
}

static void note(const struct ks_vault_call *call, const char *path, const char *token, int increment)
{
	assert_true(asked_count < ASKED_MAX);
	asked[asked_count].path = path;
	asked[asked_count].increment = increment;
	asked[asked_count].can_do_without = call->can_do_without;
	(void)snprintf(asked[asked_count].token, sizeof(asked[asked_count].token), "%s", token ? token : "");
	asked_count++;
}

static struct ks_vault_answer answer_with(const char *token)
{
	struct ks_vault_answer answer = {.status = server.status};

	answer.root = json_pack("{s:{s:s, s:i, s:b, s:i}}", "auth", "client_token", token, "lease_duration",
		server.lease_s, "renewable", server.renewable, "num_uses", server.uses);
	assert_non_null(answer.root);
	return answer;
}

enum ks_result answer_ask(
	struct ks_vault_call *call, const struct ks_vault_request *request, struct ks_vault_answer *ret_answer)
{
	note(call, request->path, request->token,
		(int)json_integer_value(json_object_get(request->body, "increment")));
	if (server.result == KS_OK)
		*ret_answer = answer_with(request->token);
	return server.result;
}

/* Gives the tokens 1, 2 and so on. */
enum ks_result answer_login(struct ks_vault_call *call, struct ks_vault_session *ret_session)
{
	const struct ks_vault_request request = {.path = "login"};
	struct ks_vault_answer answer = {0};
	enum ks_result result = server.login_result;
	char token[16];

	note(call, "login", NULL, 0);
	if (result == KS_OK && server.status != 200)
		result = KS_DENIED;
	if (result != KS_OK)
		return result;
	(void)snprintf(token, sizeof(token), "%u", ++login_count);
	answer = answer_with(token);
	result = ks_vault_session_take(call, &request, &answer, ret_session);
	ks_vault_answer_finish(&answer);
	return result;
}

static void count_warning(const struct ks_host *host, int level, const char *message)
{
	(void)host;
	(void)message;
	warning_count += level == KS_LOG_WARNING;
}

static const struct ks_host host = {.log = count_warning};
static struct ks_vault vault;
static struct ks_vault_call call;

static void serve(long status, int lease_s, bool renewable)
{
	server.result = server.login_result = KS_OK;
	server.status = status;
	server.lease_s = lease_s;
	server.renewable = renewable;
	server.uses = 0;
}

static void pass(int64_t seconds)
{
	now += seconds * 1000;
	asked_count = 0;
	warning_count = 0;
}

/* Holds a token, which must be this one and come of so many requests. */
static void hold(const char *token, unsigned requests)
{
	bool is_new = false;
	const unsigned before = login_count;

	assert_int_equal(ks_vault_session_hold(&call, &is_new), KS_OK);
	assert_string_equal(vault.session.token, token);
	assert_int_equal(asked_count, requests);
	assert_int_equal(is_new, login_count > before);
	assert_false(call.can_do_without);
}

static int begin(void **state)
{
	static char base[] = "https://vault.example";

	(void)state;
	vault = (struct ks_vault){0};
	call = (struct ks_vault_call){.vault = &vault, .host = &host, .target = {.base = base}};
	now = 1000000;
	login_count = 0;
	pass(0);
	serve(200, LEASE_S, true);
	hold("1", 1);
	assert_false(asked[0].can_do_without);
	return 0;
}

static int end(void **state)
{
	(void)state;
	ks_vault_session_clear(&vault.session);
	return 0;
}

static void keeps_a_token(void **state)
{
	(void)state;
	pass(LEASE_S * 2 / 3);
	hold("1", 0);
}

static void renews_it_in_time(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		pass(LEASE_S * DUE / 1000);
		hold("1", 1);
		assert_string_equal(asked[0].path, "auth/token/renew-self");
		assert_string_equal(asked[0].token, "1");
		assert_int_equal(asked[0].increment, LEASE_S);
		assert_true(asked[0].can_do_without);
		hold("1", 1);
	}
}

static void logs_in_before_the_longest_time_is_over(void **state)
{
	(void)state;
	/* it grows, by less than was asked for */
	pass(LEASE_S * DUE / 1000);
	serve(200, LEASE_S / 2, true);
	hold("1", 1);
	/* it does not: this is the end */
	pass(LEASE_S * DUE / 1000 / 2);
	serve(200, LEASE_S / 8, true);
	hold("1", 1);
	pass(LEASE_S / 16);
	hold("1", 0);
	pass(LEASE_S / 32);
	serve(200, LEASE_S, true);
	hold("2", 1);
	assert_string_equal(asked[0].path, "login");
	assert_true(asked[0].can_do_without);
}

static void logs_in_where_it_may_not_renew(void **state)
{
	(void)state;
	pass(LEASE_S * DUE / 1000);
	serve(403, LEASE_S, true);
	/* the server refuses the login as well, and the token is good yet */
	hold("1", 2);
	assert_string_equal(asked[0].path, "auth/token/renew-self");
	assert_string_equal(asked[1].path, "login");
	assert_true(asked[1].can_do_without);
	assert_int_equal(warning_count, 1);
	hold("1", 2);
	pass(LEASE_S / 8);
	serve(200, LEASE_S, true);
	hold("2", 1);
	assert_string_equal(asked[0].path, "login");
}

static void asks_again_where_nobody_answered(void **state)
{
	(void)state;
	pass(LEASE_S * DUE / 1000);
	server.result = KS_UNAVAILABLE;
	hold("1", 1);
	pass(LEASE_S / 16);
	hold("1", 0);
	pass(LEASE_S / 16);
	server.result = KS_OK;
	hold("1", 1);
	assert_string_equal(asked[0].path, "auth/token/renew-self");
	pass(LEASE_S / 2);
	hold("1", 0);
}

static void logs_in_for_what_cannot_be_renewed(void **state)
{
	(void)state;
	vault.session.renewable = false;
	pass(LEASE_S * 2 / 3);
	hold("1", 0);
	pass(LEASE_S / 12);
	hold("2", 1);
	assert_string_equal(asked[0].path, "login");
}

static void does_not_send_what_has_ended(void **state)
{
	bool is_new = true;

	(void)state;
	pass(LEASE_S);
	server.login_result = KS_UNAVAILABLE;
	assert_int_equal(ks_vault_session_hold(&call, &is_new), KS_UNAVAILABLE);
	assert_false(is_new);
	assert_int_equal(asked_count, 1);
	assert_string_equal(asked[0].path, "login");
	assert_false(asked[0].can_do_without);
	assert_null(vault.session.token);
}

static void takes_no_renewal_that_is_over_at_once(void **state)
{
	bool is_new = true;

	(void)state;
	pass(LEASE_S * DUE / 1000);
	serve(200, 1, true);
	server.login_result = KS_UNAVAILABLE;
	assert_int_equal(ks_vault_session_hold(&call, &is_new), KS_UNAVAILABLE);
	assert_false(is_new);
	assert_int_equal(asked_count, 2);
	assert_string_equal(asked[1].path, "login");
	assert_false(asked[1].can_do_without);
	pass(0);
	serve(200, LEASE_S, true);
	hold("2", 1);
}

static void takes_no_renewal_without_an_end(void **state)
{
	(void)state;
	pass(LEASE_S * DUE / 1000);
	serve(200, 0, true);
	hold("2", 2);
	/* a login may give such a token */
	pass(10L * LEASE_S);
	hold("2", 0);
}

static void counts_uses(void **state)
{
	(void)state;
	pass(LEASE_S);
	serve(200, LEASE_S, true);
	server.uses = 2;
	hold("2", 1);
	ks_vault_session_use(&vault.session);
	pass(LEASE_S / 2);
	hold("2", 0);
	ks_vault_session_use(&vault.session);
	hold("3", 1);
	/* to renew is a use as well */
	pass(LEASE_S * DUE / 1000);
	hold("4", 1);
	assert_string_equal(asked[0].path, "login");
}

static void keeps_it_for_whom_it_was(void **state)
{
	(void)state;
	pass(1);
	call.target.auth_name_space = "team";
	hold("2", 1);
	hold("2", 1);
	call.target.auth_name_space = NULL;
	hold("3", 2);
}

static void revokes_it(void **state)
{
	(void)state;
	pass(1);
	serve(204, 0, false);
	(void)ks_vault_fail(&call, KS_DENIED, "source", "remedy", "reason");
	ks_vault_session_revoke(&call);
	assert_int_equal(asked_count, 1);
	assert_string_equal(asked[0].path, "auth/token/revoke-self");
	assert_string_equal(asked[0].token, "1");
	assert_true(asked[0].can_do_without);
	assert_false(call.can_do_without);
	assert_null(vault.session.token);
	assert_int_equal(warning_count, 0);
	/* nothing is left to revoke */
	ks_vault_session_revoke(&call);
	assert_int_equal(asked_count, 1);
}

static void tells_what_was_not_revoked(void **state)
{
	(void)state;
	pass(1);
	serve(403, 0, false);
	(void)ks_vault_fail(&call, KS_DENIED, "source", "remedy", "reason");
	ks_vault_session_revoke(&call);
	assert_int_equal(warning_count, 1);
	assert_null(vault.session.token);
	assert_string_equal(call.failure.reason, "reason");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_a_token, begin, end),
		cmocka_unit_test_setup_teardown(renews_it_in_time, begin, end),
		cmocka_unit_test_setup_teardown(logs_in_before_the_longest_time_is_over, begin, end),
		cmocka_unit_test_setup_teardown(logs_in_where_it_may_not_renew, begin, end),
		cmocka_unit_test_setup_teardown(asks_again_where_nobody_answered, begin, end),
		cmocka_unit_test_setup_teardown(logs_in_for_what_cannot_be_renewed, begin, end),
		cmocka_unit_test_setup_teardown(does_not_send_what_has_ended, begin, end),
		cmocka_unit_test_setup_teardown(takes_no_renewal_that_is_over_at_once, begin, end),
		cmocka_unit_test_setup_teardown(takes_no_renewal_without_an_end, begin, end),
		cmocka_unit_test_setup_teardown(counts_uses, begin, end),
		cmocka_unit_test_setup_teardown(keeps_it_for_whom_it_was, begin, end),
		cmocka_unit_test_setup_teardown(revokes_it, begin, end),
		cmocka_unit_test_setup_teardown(tells_what_was_not_revoked, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
