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

/*
 * FNV-1a, eight bytes at a time, with the upper half folded down: without that the last bytes of two words would only
 * reach the top of the digest, and cancel each other out. To notice a change, not to withstand anybody.
 */
static uint64_t mix(uint64_t digest, const void *bytes, size_t size)
{
	const char *at = bytes;
	uint64_t word = 0;

	for (size_t step = sizeof(word); size > 0; at += step, size -= step) {
		if (size < step)
			step = size;
		word = 0;
		memcpy(&word, at, step);
		digest = (digest ^ word) * 0x100000001b3u;
		digest ^= digest >> 32;
	}
	return digest;
}

static uint64_t mix_text(uint64_t digest, const char *text)
{
	return mix(digest, text, strlen(text) + 1);
}

static uint64_t mix_credential(uint64_t digest, const struct ks_credential *credential)
{
	digest = mix(digest, &credential->rule->kind, sizeof(credential->rule->kind));
	digest = mix(digest, &credential->transport, sizeof(credential->transport));
	digest = mix(digest, &credential->payer, sizeof(credential->payer));
	/* instead of the fingerprint, which takes longer, and under its rule: nothing is kept that tells a short one
	 */
	if (credential->secret_length >= KS_FINGERPRINT_SECRET_MIN)
		digest = mix(digest, credential->secret, credential->secret_length);
	digest = mix_text(digest, credential->source);
	return credential->base_url ? mix_text(digest, credential->base_url) : digest;
}

/* What makes two answers the same one: who asked, what every entry said, and which secret it was. Never 0. */
static uint64_t digest_of(
	const struct ks_context *context, const struct ks_want *want, const struct ks_finding *finding)
{
	uint64_t digest = 0xcbf29ce484222325u;

	digest = mix(digest, &finding->result, sizeof(finding->result));
	digest = mix(digest, finding->steps, context->stack.count);
	digest = mix_text(digest, want->command);
	if (finding->credential)
		digest = mix_credential(digest, finding->credential);
	return digest ? digest : 1;
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
	ks_audit_add(line, "fingerprint", ks_credential_fingerprint(credential));
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

static void add_lost(struct ks_audit_line *line, const struct ks_audit_state *state)
{
	if (state->lost > 0)
		ks_audit_add_number(line, "lost", state->lost);
}

/* Returns the number of repeats that the line tells. */
static unsigned add_counts(struct ks_audit_line *line, const struct ks_audit_state *state)
{
	unsigned repeats = state->repeats;

	if (repeats > 0)
		ks_audit_add_number(line, "repeats", repeats);
	add_lost(line, state);
	return repeats;
}

static void send_line(struct ks_audit_state *state, const struct ks_audit_line *line, unsigned repeats, bool failed)
{
	if (ks_audit_send(ks_path_log(), failed, line) < 0) {
		state->lost++;
		return;
	}
	state->repeats -= repeats; /* not to 0: others go on counting */
	state->lost = 0;
}

/* An answer that differs from the one before. */
static void tell(struct ks_context *context, const struct ks_want *want, const struct ks_finding *finding)
{
	struct ks_audit_line line = {0};
	unsigned repeats = 0;

	start_line(&line, context);
	ks_audit_add(&line, "command", want->command);
	ks_audit_add(&line, "outcome", ks_outcome_word(finding->result));
	add_credential(&line, finding->credential);
	repeats = add_counts(&line, &context->audit); /* before the entries, for which the line may be too short */
	add_entries(&line, context, finding);
	send_line(&context->audit, &line, repeats, finding->result != KS_OK && finding->result != KS_NOT_CONFIGURED);
}

void ks_record(struct ks_context *context, const struct ks_want *want, const struct ks_finding *finding)
{
	struct ks_audit_state *state = &context->audit;
	uint64_t digest = digest_of(context, want, finding);

	if (state->digest == digest) {
		state->repeats++;
		return;
	}
	(void)pthread_mutex_lock(&context->lock);
	if (state->digest == digest) {
		state->repeats++;
	} else {
		tell(context, want, finding);
		state->digest = digest;
	}
	(void)pthread_mutex_unlock(&context->lock);
}

void ks_record_refusal(struct ks_context *context, const char *module, const char *path)
{
	struct ks_audit_line line = {0};
	char shown[KS_SOURCE_MAX + 1];

	(void)snprintf(shown, sizeof(shown), "%s", path);
	ks_scrub(shown);
	start_line(&line, context);
	ks_audit_add(&line, "outcome", "refused");
	ks_audit_add(&line, "module", module);
	(void)pthread_mutex_lock(&context->lock);
	add_lost(&line, &context->audit);
	ks_audit_add(&line, "path", shown); /* for which the line may be too short */
	send_line(&context->audit, &line, 0, true);
	(void)pthread_mutex_unlock(&context->lock);
}

/* The last one that is told says so: who reads the log must not take silence for peace. */
void ks_record_alert(struct ks_context *context, const struct ks_stack_entry *entry, const char *reason)
{
	const ptrdiff_t index = entry - context->stack.entries;
	struct ks_audit_line line = {0};
	unsigned *count = &context->runtimes[index].alerts;

	start_line(&line, context);
	ks_audit_add(&line, "outcome", "alert");
	ks_audit_add(&line, "module", entry->module->file);
	ks_audit_add_number(&line, "entry", index + 1);
	(void)pthread_mutex_lock(&context->lock);
	if (*count < KS_ALERTS_TOLD) {
		++*count;
		if (*count == KS_ALERTS_TOLD)
			ks_audit_add(&line, "last", "yes");
		add_lost(&line, &context->audit);
		ks_audit_add(&line, "reason", reason); /* for which the line may be too short */
		send_line(&context->audit, &line, 0, true);
	}
	(void)pthread_mutex_unlock(&context->lock);
}

void ks_record_rest(struct ks_context *context)
{
	struct ks_audit_line line = {0};
	unsigned repeats = 0;

	if (context->audit.repeats == 0 && context->audit.lost == 0)
		return;
	start_line(&line, context);
	ks_audit_add(&line, "outcome", "repeated");
	repeats = add_counts(&line, &context->audit);
	send_line(&context->audit, &line, repeats, false);
}
