/* SPDX-License-Identifier: MIT */
#include "tests/support/answers.h"

#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/place.h"
#include "tests/unit/unit.h"

enum {
	TEXT_BYTES = 1024
};

#define FIRST_PARTY "https://api.anthropic.com"

struct answer answers[ANSWERS];

static void make_secret(char *secret, size_t size, const char *mark, unsigned number)
{
	int length = snprintf(secret, size, "sk-ant-api03-CANARY-%s-%u-", mark, number);

	memset(secret + length, 'x', size - 1 - (size_t)length);
	secret[size - 1] = '\0';
}

static void make_fingerprint(const char *secret, char fingerprint[13])
{
	char digest[SHA256_DIGEST_STRING_LENGTH];

	assert_non_null(SHA256Data((const uint8_t *)secret, strlen(secret), digest));
	(void)snprintf(fingerprint, 13, "%.12s", digest);
}

/* An entry that fails first, one for each transport alone, one that has nothing, and the one that delivers. */
static void prepare(unsigned number)
{
	struct answer *it = &answers[number];
	bool is_solo = number % 2 == 0;
	char text[TEXT_BYTES], last[TEXT_BYTES / 2];

	(void)snprintf(it->service, sizeof(it->service), "stack-%u", number);
	(void)snprintf(it->twin, sizeof(it->twin), "twin-%u", number);
	(void)snprintf(it->variable, sizeof(it->variable), "KEYSTILE_TEST_KEY_%u", number);
	make_secret(it->secret, sizeof(it->secret), "secret", number);
	make_fingerprint(it->secret, it->fingerprint[0]);
	it->module = is_solo ? "solo.so" : "env.so";
	if (is_solo) {
		make_secret(it->fresh, sizeof(it->fresh), "fresh", number);
		make_fingerprint(it->fresh, it->fingerprint[1]);
		(void)snprintf(last, sizeof(last), "solo.so secret=%s fresh=%s", it->secret, it->fresh);
	} else {
		assert_int_equal(setenv(it->variable, it->secret, 1), 0);
		(void)snprintf(last, sizeof(last), "env.so var=%s", it->variable);
	}
	(void)snprintf(text, sizeof(text),
		"api sufficient debug.so result=expired reason=\"is old\" log=" ANSWERS_LOG "\n"
		"cli binding login.so\n"
		"api sufficient typed.so path=/nowhere\n"
		"any binding %s\n",
		last);
	place_write(it->service, text);
	place_write(it->twin, text);
}

void answers_prepare(void)
{
	for (unsigned i = 0; i < ANSWERS; i++)
		prepare(i);
}

static bool is_text(const char *text, const char *wanted)
{
	return text && strcmp(text, wanted) == 0;
}

/* Whether an environment begins with this variable (or with none that is set), and then unsets some. */
static bool is_environment(const struct ks_credential *credential, const char *name, const char *value)
{
	struct ks_pair pair = {0};
	unsigned at = 0, unset = 0;

	if (!ks_credential_environment_at(credential, at++, &pair) || !is_text(pair.name, name) ||
		(value ? !is_text(pair.value, value) : pair.value != NULL))
		return false;
	while (ks_credential_environment_at(credential, at++, &pair)) {
		if (pair.value || strcmp(pair.name, name) == 0)
			return false;
		unset++;
	}
	return unset > 0;
}

static bool is_login(const struct ks_credential *credential)
{
	struct ks_pair pair = {0};

	return ks_credential_kind(credential) == KS_KIND_STORED_LOGIN &&
	       ks_credential_transport(credential) == KS_TRANSPORT_CLI &&
	       ks_credential_payer(credential) == KS_PAYER_SUBSCRIPTION && !ks_credential_secret(credential, NULL) &&
	       !ks_credential_fingerprint(credential) && is_text(ks_credential_module(credential), "login.so") &&
	       !ks_credential_header_at(credential, 0, &pair) &&
	       !ks_credential_permits_url(credential, FIRST_PARTY) &&
	       is_environment(credential, "CLAUDE_CONFIG_DIR", NULL);
}

static bool is_key(const struct ks_credential *credential, const struct answer *it)
{
	size_t length = 0;
	const char *secret = ks_credential_secret(credential, &length);
	bool is_fresh = it->fresh[0] && is_text(secret, it->fresh);
	struct ks_pair pair = {0};

	return (is_fresh || is_text(secret, it->secret)) && length == sizeof(it->secret) - 1 &&
	       ks_credential_kind(credential) == KS_KIND_API_KEY &&
	       ks_credential_transport(credential) == KS_TRANSPORT_API &&
	       ks_credential_transports(credential) == (KS_TRANSPORT_API | KS_TRANSPORT_CLI) &&
	       ks_credential_payer(credential) == KS_PAYER_API &&
	       is_text(ks_credential_module(credential), it->module) &&
	       is_text(ks_credential_source(credential), it->fresh[0] ? "solo" : it->variable) &&
	       !ks_credential_base_url(credential) && ks_credential_expires_at(credential) == 0 &&
	       ks_credential_refresh_at(credential) == 0 && !ks_credential_attribute(credential, "workspace") &&
	       !ks_credential_attribute_at(credential, 0, &pair) &&
	       is_text(ks_credential_fingerprint(credential), it->fingerprint[is_fresh]) &&
	       ks_credential_header_at(credential, 0, &pair) && is_text(pair.name, "x-api-key") &&
	       is_text(pair.value, secret) && !ks_credential_header_at(credential, 1, &pair) &&
	       ks_credential_permits_url(credential, FIRST_PARTY) &&
	       is_environment(credential, "ANTHROPIC_API_KEY", secret);
}

bool answers_fit(const struct ks_credential *credential, unsigned number)
{
	return ks_credential_kind(credential) == KS_KIND_STORED_LOGIN ? is_login(credential)
								      : is_key(credential, &answers[number]);
}

static bool is_trace(const struct ks_trace *trace, uint32_t transport, unsigned number)
{
	static const struct {
		const char *module;
		enum ks_action action[2]; /* for the API, for the CLI */
	} steps[] = {
		{"debug.so", {KS_ACTION_NEXT, KS_ACTION_SKIP}},
		{"login.so", {KS_ACTION_SKIP, KS_ACTION_DONE}},
		{"typed.so", {KS_ACTION_NEXT, KS_ACTION_UNREACHED}},
		{NULL, {KS_ACTION_DONE, KS_ACTION_UNREACHED}},
	};
	struct ks_step step = {.size = sizeof(step)};
	bool is_good = ks_trace_count(trace) == COUNT(steps);

	for (unsigned i = 0; is_good && i < COUNT(steps); i++) {
		is_good = ks_trace_step_at(trace, i, &step) && step.line == i + 1 &&
			  is_text(step.module, steps[i].module ? steps[i].module : answers[number].module) &&
			  step.action == steps[i].action[transport == KS_TRANSPORT_CLI];
		if (is_good && i == 0 && transport == KS_TRANSPORT_API)
			is_good = step.result == KS_EXPIRED && is_text(step.reason, "debug is old");
	}
	return is_good;
}

struct ks_credential *answers_ask(struct ks_context *context, unsigned number, uint32_t transport)
{
	const struct ks_request request = {
		.size = sizeof(request), .transports = transport, .preferred = transport, .command = "test"};
	struct ks_credential *credential = NULL;
	struct ks_trace *trace = NULL;
	struct ks_error error = KS_ERROR_INIT;
	bool is_good =
		ks_resolve(context, &request, &credential, &trace, &error) == KS_OK &&
		(transport == KS_TRANSPORT_CLI ? is_login(credential) : is_key(credential, &answers[number])) &&
		is_trace(trace, transport, number);

	(void)ks_trace_free(trace);
	return is_good ? credential : ks_credential_free(credential);
}
