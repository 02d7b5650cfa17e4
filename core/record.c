/* SPDX-License-Identifier: MIT */
#include "core/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "core/audit.h"
#include "core/paths.h"
#include "core/words.h"

static uint64_t mix(uint64_t digest, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < size; i++)
		digest = (digest ^ at[i]) * 0x100000001b3u; /* FNV-1a: to notice a change, not to withstand anybody */
	return digest;
}

/* What makes two answers the same one: who asked, what every entry said, and which secret it was. */
static uint64_t digest_of(
	const struct ks_context *context, const struct ks_want *want, const struct ks_finding *finding)
{
	const struct ks_credential *credential = finding->credential;
	uint64_t digest = 0xcbf29ce484222325u;

	digest = mix(digest, &finding->result, sizeof(finding->result));
	digest = mix(digest, finding->steps, context->stack.count);
	digest = mix(digest, want->command, strlen(want->command) + 1);
	if (!credential)
		return digest;
	digest = mix(digest, &credential->rule->kind, sizeof(credential->rule->kind));
	digest = mix(digest, &credential->transport, sizeof(credential->transport));
	digest = mix(digest, &credential->payer, sizeof(credential->payer));
	digest = mix(digest, credential->fingerprint, sizeof(credential->fingerprint));
	digest = mix(digest, credential->source, strlen(credential->source) + 1);
	if (credential->base_url)
		digest = mix(digest, credential->base_url, strlen(credential->base_url) + 1);
	return digest;
}

static const char *step_name(unsigned char step)
{
	switch (step) {
	case KS_STEP_SKIPPED:
		return "skipped";
	case KS_STEP_UNREACHED:
		return "unreached";
	default:
		return ks_result_name((enum ks_result)step);
	}
}

static void add_credential(struct ks_audit_line *line, const struct ks_credential *credential)
{
	if (!credential)
		return;
	ks_audit_add(line, "module", credential->module);
	ks_audit_add(line, "source", credential->source);
	ks_audit_add(line, "kind", credential->rule->name);
	ks_audit_add(line, "transport", ks_transport_name(credential->transport));
	ks_audit_add(line, "payer", ks_payer_name(credential->payer));
	if (credential->base_url)
		ks_audit_add(line, "base_url", credential->base_url);
	if (credential->fingerprint[0])
		ks_audit_add(line, "fingerprint", credential->fingerprint);
}

/* "1:env.so=ok": the number tells entries of one module apart. */
static void add_entries(
	struct ks_audit_line *line, const struct ks_context *context, const struct ks_finding *finding)
{
	char key[KS_NAME_MAX + 32];

	for (unsigned i = 0; i < context->stack.count && finding->steps[i] != KS_STEP_UNREACHED; i++) {
		(void)snprintf(key, sizeof(key), "%u:%s", i + 1, context->stack.entries[i].module->file);
		ks_audit_add(line, key, step_name(finding->steps[i]));
	}
}

static void start_line(struct ks_audit_line *line, const struct ks_context *context)
{
	ks_audit_add(line, "service", context->stack.service);
	ks_audit_add_number(line, "uid", (long long)getuid());
	ks_audit_add_number(line, "pid", (long long)getpid());
}

static void add_counts(struct ks_audit_line *line, const struct ks_audit_state *state)
{
	if (state->repeats > 0)
		ks_audit_add_number(line, "repeats", state->repeats);
	if (state->lost > 0)
		ks_audit_add_number(line, "lost", state->lost);
}

static void send_line(struct ks_audit_state *state, const struct ks_audit_line *line, bool failed)
{
	if (ks_audit_send(ks_path_log(), failed, line) < 0) {
		state->lost++;
		return;
	}
	state->repeats = 0;
	state->lost = 0;
}

void ks_record(struct ks_context *context, const struct ks_want *want, const struct ks_finding *finding)
{
	struct ks_audit_state *state = &context->audit;
	struct ks_audit_line line = {0};
	uint64_t digest = digest_of(context, want, finding);

	(void)pthread_mutex_lock(&context->lock);
	if (state->has_line && state->digest == digest) {
		state->repeats++;
	} else {
		start_line(&line, context);
		ks_audit_add(&line, "command", want->command);
		ks_audit_add(&line, "outcome", ks_outcome_word(finding->result));
		add_credential(&line, finding->credential);
		add_counts(&line, state);
		add_entries(&line, context, finding);
		send_line(state, &line, finding->result != KS_OK && finding->result != KS_NOT_CONFIGURED);
		state->has_line = true;
		state->digest = digest;
	}
	(void)pthread_mutex_unlock(&context->lock);
}

void ks_record_rest(struct ks_context *context)
{
	struct ks_audit_line line = {0};

	if (context->audit.repeats == 0 && context->audit.lost == 0)
		return;
	start_line(&line, context);
	ks_audit_add(&line, "outcome", "repeated");
	add_counts(&line, &context->audit);
	send_line(&context->audit, &line, false);
}
