/* SPDX-License-Identifier: MIT */
/*
 * Which version a mount is taken for, by what a server of our own answers: the linker puts it in the client's place.
 */
#include "unit.h"

#include "providers/vault/login/login.h"
#include "providers/vault/mount.h"

#define TOLD_2 "{\"data\": {\"path\": \"ai/\", \"options\": {\"version\": \"2\"}}}"
#define TOLD_1 "{\"data\": {\"path\": \"ai/\", \"options\": {\"version\": \"1\"}}}"
#define TOLD_NOTHING "{\"data\": {\"path\": \"ai/\", \"options\": null}}"
#define NO_USES 0

static struct ks_vault_session session;
static const struct ks_vault_inline once = {.works_once = true}, often = {.works_once = false};

static const struct {
	const char *kv_version;
	const struct ks_vault_inline *inline_login;
	unsigned uses; /* that the login's token has; NO_USES: no limit */
	long status;
	const char *body;
	int version;
	unsigned asked;
} cases[] = {
	{NULL, NULL, NO_USES, 200, TOLD_2, 2, 1},
	{NULL, NULL, NO_USES, 200, TOLD_1, 1, 1},
	{NULL, NULL, NO_USES, 200, TOLD_NOTHING, 1, 1},
	{NULL, NULL, NO_USES, 200, "{}", 0, 1},
	{NULL, NULL, NO_USES, 403, "{}", 0, 1},
	{NULL, NULL, NO_USES, 404, "{}", 1, 1},
	{"auto", NULL, NO_USES, 200, TOLD_2, 2, 1},
	{"1", NULL, NO_USES, 200, TOLD_2, 1, 0},
	{"2", NULL, NO_USES, 200, TOLD_1, 2, 0},
	/* a token of few uses: one is for the secret */
	{NULL, NULL, 3, 403, "{}", 0, 1},
	{NULL, NULL, 2, 200, TOLD_1, 1, 1},
	{NULL, NULL, 2, 403, "{}", 2, 1},
	{NULL, NULL, 2, 404, "{}", 1, 1},
	{NULL, NULL, 1, 200, TOLD_1, 2, 0},
	{"1", NULL, 1, 200, TOLD_2, 1, 0},
	{NULL, &often, NO_USES, 200, TOLD_1, 0, 0},
	{NULL, &once, NO_USES, 200, TOLD_1, 2, 0},
	{"1", &once, NO_USES, 200, TOLD_2, 1, 0},
};

static long status;
static const char *body;
static unsigned asked;

enum ks_result answer_ask(struct ks_vault_call *call, const struct ks_vault_request *request,
	struct ks_vault_answer *ret_answer) __asm__("__wrap_ks_vault_ask");
enum ks_result answer_ask(
	struct ks_vault_call *call, const struct ks_vault_request *request, struct ks_vault_answer *ret_answer)
{
	(void)call;
	assert_string_equal(request->path, "sys/internal/ui/mounts/ai/claude");
	asked++;
	*ret_answer = (struct ks_vault_answer){.status = status};
	ret_answer->root = json_loads(body, 0, NULL);
	assert_non_null(ret_answer->root);
	return KS_OK;
}

static void takes_it_for_a_version(void **state)
{
	static char base[] = "https://vault.example";
	struct ks_vault vault = {.options = {[KS_VAULT_PATH] = "ai/claude"}};
	struct ks_vault_call call = {.vault = &vault, .target = {.base = base}};

	(void)state;
	for (size_t row = 0; row < COUNT(cases); row++) {
		struct ks_vault_pass pass = {.inline_login = cases[row].inline_login};

		session = (struct ks_vault_session){.is_limited = cases[row].uses > 0, .uses = cases[row].uses};
		if (!pass.inline_login)
			pass.session = &session;
		status = cases[row].status;
		body = cases[row].body;
		asked = 0;
		vault.options[KS_VAULT_KV_VERSION] = cases[row].kv_version;
		assert_int_equal(ks_vault_mount_find(&call, &pass), KS_OK);
		if (vault.mount.version != cases[row].version || asked != cases[row].asked)
			fail_msg("row %zu: version %d, asked %u", row, vault.mount.version, asked);
		assert_string_equal(vault.mount.path, "ai");
		/* what is known is not asked for */
		assert_int_equal(ks_vault_mount_find(&call, &pass), KS_OK);
		assert_int_equal(asked, cases[row].asked);
		ks_vault_mount_clear(&vault.mount);
	}
}

static void refuses_another_mount(void **state)
{
	static char base[] = "https://vault.example";
	struct ks_vault vault = {.options = {[KS_VAULT_PATH] = "ai/claude"}};
	struct ks_vault_call call = {.vault = &vault, .target = {.base = base}};
	const struct ks_vault_pass pass = {.token = "CANARY-token"};

	(void)state;
	status = 200;
	body = "{\"data\": {\"path\": \"of-CANARY-token/\", \"options\": {\"version\": \"2\"}}}";
	assert_int_equal(ks_vault_mount_find(&call, &pass), KS_MISCONFIGURED);
	assert_string_equal(call.failure.source, "path=");
	assert_string_equal(call.failure.reason, "does not lead into the mount of-***/");
	assert_null(vault.mount.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_it_for_a_version),
		cmocka_unit_test(refuses_another_mount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
