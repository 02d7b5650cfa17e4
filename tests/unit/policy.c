/* SPDX-License-Identifier: MIT */
/*
 * The policy holds: every combination of kind, entry, module, credential, request and payer, against a table that is
 * written down here a second time and by hand.
 */
#include "unit.h"

#include "core/process.h"
#include "core/secret.h"
#include "core/walk.h"

#define API KS_TRANSPORT_API
#define CLI KS_TRANSPORT_CLI
#define KEY "sk-ant-api03-canary-canary-canary-canary-canary-canary-canary-canary-canary-AA"
#define OAUTH "sk-ant-oat01-canary-canary-canary-canary-canary-canary-canary-canary-canary-AA"
#define FOREIGN "gw-canary-canary-canary-canary-canary-canary"
#define GATEWAY "https://gateway.example"

/* Design, section 2, row by row; a bound api-key is a row of its own. */
static const struct row {
	uint32_t kind;
	const char *secret, *base_url;
	uint32_t ceiling, payer;
} rows[] = {
	{KS_KIND_API_KEY, KEY, NULL, API | CLI, KS_PAYER_API},
	{KS_KIND_API_KEY, KEY, GATEWAY, API | CLI, KS_PAYER_GATEWAY},
	{KS_KIND_API_KEY, FOREIGN, GATEWAY, API | CLI, KS_PAYER_GATEWAY},
	{KS_KIND_GATEWAY_TOKEN, FOREIGN, GATEWAY, API | CLI, KS_PAYER_GATEWAY},
	{KS_KIND_FEDERATED_TOKEN, OAUTH, NULL, API, KS_PAYER_API},
	{KS_KIND_SETUP_TOKEN, OAUTH, NULL, CLI, KS_PAYER_SUBSCRIPTION},
	{KS_KIND_STORED_LOGIN, NULL, NULL, CLI, KS_PAYER_SUBSCRIPTION},
};

/* What the module under test delivers. */
static struct ks_delivery delivery;

static int resolve(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	(void)state;
	(void)request;
	return host->deliver(host, &delivery);
}

/* A context with one entry, its module already loaded and opened. */
struct bench {
	struct ks_provider provider;
	struct ks_module module;
	struct ks_stack_entry entry;
	struct ks_runtime runtime;
	struct ks_context context;
};

static void set_up(struct bench *bench)
{
	*bench = (struct bench){
		.provider = {.size = sizeof(bench->provider), .resolve = resolve},
		.module = {.name = "fake", .file = "fake.so", .loaded = 1},
		.entry =
			{.config = {.file = "fake.conf", .line = 1, .control_text = "requisite", .timeout_ms = 1000}},
		.runtime = {.lock = PTHREAD_MUTEX_INITIALIZER, .stage = KS_STAGE_OPEN},
		.context = {.lock = PTHREAD_MUTEX_INITIALIZER},
	};
	bench->module.provider = &bench->provider;
	bench->entry.module = &bench->module;
	bench->context.stack.entries = &bench->entry;
	bench->context.stack.count = 1;
	bench->context.runtimes = &bench->runtime;
}

static void deliver_row(const struct row *row, uint32_t claim)
{
	delivery = (struct ks_delivery){
		.size = sizeof(delivery),
		.kind = row->kind,
		.transports = claim,
		.secret = row->secret,
		.secret_length = row->secret ? strlen(row->secret) : 0,
		.source = "test",
		.base_url = row->base_url,
	};
}

static enum ks_result walk(struct bench *bench, uint32_t transports, uint32_t preferred, uint32_t payers,
	uint32_t kinds, struct ks_finding *finding)
{
	struct ks_want want = {
		.transports = transports,
		.preferred = preferred,
		.payers = payers,
		.kinds = kinds,
		.start = ks_now_us(),
		.deadline = ks_now_ms() + 5000,
		.command = "test",
	};

	return ks_walk(&bench->context, &want, NULL, finding);
}

static void check_one(struct bench *bench, const struct row *row, uint32_t claim, uint32_t request,
	uint32_t preferred, uint32_t payers)
{
	uint32_t entry = bench->entry.config.transports, module = bench->module.manifest.transports;
	uint32_t ceiling = row->ceiling & entry & module & claim;
	bool possible = (ceiling & request) && (row->payer & payers);
	bool breach = !(row->ceiling & module & claim);
	struct ks_finding finding;
	enum ks_result result = walk(bench, request, preferred, payers, UINT32_MAX, &finding);
	uint32_t granted = ks_credential_transport(finding.credential);

	assert_int_equal(result == KS_OK, possible);
	assert_int_equal(finding.credential != NULL, possible);
	if (breach)
		assert_true(result == KS_ERROR || finding.steps[0] == KS_STEP_SKIPPED);
	if (!possible)
		return;
	assert_int_equal(ks_credential_transports(finding.credential), ceiling);
	assert_true(granted == API || granted == CLI);
	assert_int_equal(granted & ceiling & request, granted);
	if (ceiling & request & preferred)
		assert_int_equal(granted, preferred);
	assert_int_equal(ks_credential_payer(finding.credential), row->payer);
	assert_int_equal(ks_credential_kind(finding.credential), row->kind);
	(void)ks_credential_free(finding.credential);
}

static void test_every_combination(void **state)
{
	struct bench bench;
	unsigned cases = 0;

	(void)state;
	set_up(&bench);
	for (size_t row = 0; row < COUNT(rows); row++)
		for (uint32_t entry = 1; entry <= 3; entry++)
			for (uint32_t module = 1; module <= 3; module++)
				for (uint32_t claim = 1; claim <= 3; claim++)
					for (uint32_t request = 1; request <= 3; request++)
						for (uint32_t payers = 1; payers <= 7; payers++)
							for (uint32_t preferred = 1; preferred <= 2; preferred++) {
								bench.entry.config.transports = entry;
								bench.module.manifest.transports = module;
								bench.module.manifest.kinds = rows[row].kind;
								deliver_row(&rows[row], claim);
								check_one(&bench, &rows[row], claim, request,
									preferred, payers);
								cases++;
							}
	assert_int_equal(cases, 7 * 3 * 3 * 3 * 3 * 7 * 2);
	assert_int_equal(ks_secret_in_use(), 0);
}

/* One delivery through an entry and a module that allow everything. */
static enum ks_result deliver_one(
	uint32_t declared, const struct row *row, uint32_t claim, struct ks_finding *finding)
{
	struct bench bench;

	set_up(&bench);
	bench.entry.config.transports = API | CLI;
	bench.module.manifest.transports = API | CLI;
	bench.module.manifest.kinds = declared;
	deliver_row(row, claim);
	return walk(&bench, API | CLI, API, 7, UINT32_MAX, finding);
}

static void test_every_kind_with_every_secret(void **state)
{
	static const struct {
		const char *secret;
		bool bound;
		uint32_t kinds;
	} secrets[] = {
		{KEY, false, KS_KIND_API_KEY},
		{KEY, true, KS_KIND_API_KEY},
		{"sk-ant-usr-canary-canary-canary-canary-canary", false, KS_KIND_API_KEY},
		{"sk-ant-svc-canary-canary-canary-canary-canary", false, KS_KIND_API_KEY},
		{OAUTH, false, KS_KIND_FEDERATED_TOKEN | KS_KIND_SETUP_TOKEN},
		{OAUTH, true, 0},
		{"sk-ant-oat-canary-canary-canary-canary-canary", false, 0},
		{"sk-ant-ort01-canary-canary-canary-canary-canary", false, 0},
		{"sk-ant-sid02-canary-canary-canary-canary-canary", false, 0},
		{"sk-ant-admin01-canary-canary-canary-canary", false, 0},
		{"sk-ant-api01-canary-canary-canary-canary-canary", false, 0},
		{"sk-ant-api04-canary-canary-canary-canary-canary", false, 0},
		{"sk-ant-", true, 0},
		{FOREIGN, false, 0},
		{FOREIGN, true, KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN},
	};
	struct ks_finding finding;
	struct row row;
	bool accepted = false;

	(void)state;
	for (size_t i = 0; i < COUNT(secrets); i++) {
		for (uint32_t kind = KS_KIND_API_KEY; kind <= KS_KIND_STORED_LOGIN; kind <<= 1) {
			row = (struct row){kind, secrets[i].secret, secrets[i].bound ? GATEWAY : NULL, 0, 0};
			accepted = deliver_one(kind, &row, API | CLI, &finding) == KS_OK;
			if (accepted != ((secrets[i].kinds & kind) != 0))
				fail_msg("kind %u with secret %zu: accepted %d", kind, i, accepted);
			(void)ks_credential_free(finding.credential);
		}
	}
}

static void test_module_cannot_claim_api_for_setup_token(void **state)
{
	struct ks_finding finding;
	const struct row setup = {KS_KIND_SETUP_TOKEN, OAUTH, NULL, 0, 0};

	(void)state;
	assert_int_equal(deliver_one(KS_KIND_SETUP_TOKEN, &setup, API, &finding), KS_ERROR);
	assert_null(finding.credential);
	assert_int_equal(deliver_one(KS_KIND_SETUP_TOKEN, &setup, API | CLI, &finding), KS_OK);
	assert_int_equal(ks_credential_transports(finding.credential), CLI);
	assert_int_equal(ks_credential_header_at(finding.credential, 0, &(struct ks_pair){0}), 0);
	assert_int_equal(ks_credential_permits_url(finding.credential, "https://api.anthropic.com"), 0);
	(void)ks_credential_free(finding.credential);
}

static void test_module_cannot_deliver_undeclared_kind(void **state)
{
	struct ks_finding finding;
	const struct row key = {KS_KIND_API_KEY, KEY, NULL, 0, 0};
	const struct row two = {KS_KIND_API_KEY | KS_KIND_SETUP_TOKEN, KEY, NULL, 0, 0};

	(void)state;
	assert_int_equal(deliver_one(KS_KIND_SETUP_TOKEN, &key, API | CLI, &finding), KS_ERROR);
	assert_int_equal(deliver_one(KS_KIND_API_KEY | KS_KIND_SETUP_TOKEN, &two, API | CLI, &finding), KS_ERROR);
	assert_null(finding.credential);
}

static void test_handles_have_no_bytes(void **state)
{
	struct ks_finding finding;
	const struct row login = {KS_KIND_STORED_LOGIN, NULL, NULL, 0, 0};
	size_t length = 1;

	(void)state;
	assert_int_equal(deliver_one(KS_KIND_STORED_LOGIN, &login, CLI, &finding), KS_OK);
	assert_null(ks_credential_secret(finding.credential, &length));
	assert_int_equal(length, 0);
	assert_null(ks_credential_fingerprint(finding.credential));
	(void)ks_credential_free(finding.credential);
}

static void test_kinds_left_out_are_skipped(void **state)
{
	struct bench bench;
	struct ks_finding finding;

	(void)state;
	set_up(&bench);
	bench.entry.config.transports = bench.module.manifest.transports = API | CLI;
	bench.module.manifest.kinds = KS_KIND_STORED_LOGIN;
	deliver_row(&rows[6], CLI);
	assert_int_equal(walk(&bench, CLI, CLI, 7, ~(uint32_t)KS_KIND_STORED_LOGIN, &finding), KS_NOT_CONFIGURED);
	assert_int_equal(finding.steps[0], KS_STEP_SKIPPED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_combination),
		cmocka_unit_test(test_every_kind_with_every_secret),
		cmocka_unit_test(test_module_cannot_claim_api_for_setup_token),
		cmocka_unit_test(test_module_cannot_deliver_undeclared_kind),
		cmocka_unit_test(test_handles_have_no_bytes),
		cmocka_unit_test(test_kinds_left_out_are_skipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
