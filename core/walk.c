/* SPDX-License-Identifier: MIT */
#include "core/walk.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/process.h"
#include "core/words.h"

enum {
	PAYERS_TEXT_MAX = 64
};

/* What one entry did. */
struct outcome {
	enum ks_action action;
	enum ks_result result;
	struct ks_call call; /* its problem and source */
};

/* "api or gateway" */
static void describe_payers(uint32_t payers, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (uint32_t payer = KS_PAYER_API; payer <= KS_PAYER_GATEWAY && length < size; payer <<= 1) {
		if (payers & payer)
			length += (size_t)snprintf(text + length, size - length, "%s%s", length ? " or " : "",
				ks_payer_name((enum ks_payer)payer));
	}
}

static uint32_t ceiling_of(const struct ks_stack_entry *entry)
{
	return entry->config.transports & entry->module->manifest.transports;
}

/* Whether the entry and the request have nothing in common; `problem` then says what. */
static bool is_skipped(const struct ks_stack_entry *entry, const struct ks_want *want, struct ks_problem *problem)
{
	const struct ks_manifest *manifest = &entry->module->manifest;
	char theirs[PAYERS_TEXT_MAX], wanted[PAYERS_TEXT_MAX];
	uint32_t payers = 0;

	if (!(ceiling_of(entry) & want->transports)) {
		(void)ks_problem(problem, KS_NOT_CONFIGURED,
			want->transports == KS_TRANSPORT_API
				? "for claude itself use keystile exec, or ask with -t cli"
				: "write any on the entry, if claude may have it",
			"it is for %s, and %s was asked for", ks_transports_word(ceiling_of(entry)),
			ks_transports_word(want->transports));
		return true;
	}
	if (!(manifest->kinds & want->kinds)) {
		if (manifest->kinds == KS_KIND_STORED_LOGIN)
			(void)ks_problem(problem, KS_NOT_CONFIGURED, "use keystile exec, or -f json",
				"it delivers a login, which has no secret to give away");
		else
			(void)ks_problem(problem, KS_NOT_CONFIGURED, "ask for that kind as well",
				"it delivers a kind of credential that was not asked for");
		return true;
	}
	payers = ks_kinds_payers(manifest->kinds & want->kinds);
	if (!(payers & want->payers)) {
		describe_payers(payers, theirs, sizeof(theirs));
		describe_payers(want->payers, wanted, sizeof(wanted));
		(void)ks_problem(problem, KS_NOT_CONFIGURED, "ask without -p, or with another payer",
			"what it delivers is billed to payer %s, and %s was asked for", theirs, wanted);
		return true;
	}
	return false;
}

static enum ks_result ask_module(struct ks_context *context, unsigned index, const struct ks_want *want,
	int64_t deadline, struct outcome *outcome)
{
	const struct ks_stack_entry *entry = &context->stack.entries[index];
	struct ks_runtime *runtime = &context->runtimes[index];
	/* a worker does one thing after the other */
	bool is_reentrant = (entry->module->manifest.flags & KS_PROVIDER_REENTRANT) && !entry->worker;
	bool is_stale = false;
	enum ks_result result = KS_ERROR;
	struct ks_wish wish = {
		.transports = want->transports & ceiling_of(entry),
		.preferred = want->preferred,
		.payers = want->payers,
		.kinds = want->kinds & entry->module->manifest.kinds,
		.deadline = deadline,
	};

	if (!is_reentrant && ks_context_lock(&runtime->lock, deadline) < 0) {
		(void)ks_problem(&outcome->call.problem, KS_UNAVAILABLE, KS_RAISE_TIMEOUT, KS_STILL_BUSY);
		return KS_UNAVAILABLE;
	}
	is_stale = atomic_exchange(&runtime->is_stale, false);
	wish.flags = is_stale ? KS_PROVIDER_FRESH : 0;
	result = ks_host_resolve(&outcome->call, entry, &context->log, runtime->state, &wish);
	if (is_stale && result != KS_OK)
		atomic_store(&runtime->is_stale, true);
	if (!is_reentrant)
		(void)pthread_mutex_unlock(&runtime->lock);
	return result;
}

/* `now` is when the entry's turn came, in milliseconds: what it takes to load the module counts as well. */
static void run_entry(
	struct ks_context *context, unsigned index, const struct ks_want *want, int64_t now, struct outcome *outcome)
{
	const struct ks_stack_entry *entry = &context->stack.entries[index];
	const struct ks_argument *argument = NULL;
	int64_t own_deadline = now + entry->config.timeout_ms;
	int64_t deadline = own_deadline < want->deadline ? own_deadline : want->deadline;

	if (is_skipped(entry, want, &outcome->call.problem)) {
		outcome->action = KS_ACTION_SKIP;
		return;
	}
	if (now < want->deadline) {
		outcome->result = ks_context_prepare(context, index, deadline, &outcome->call.problem, &argument);
	} else {
		outcome->result = KS_UNAVAILABLE;
		(void)ks_problem(&outcome->call.problem, KS_UNAVAILABLE, "raise --timeout",
			"the request's deadline had passed before its turn");
	}
	if (outcome->result == KS_OK)
		outcome->result = ask_module(context, index, want, deadline, outcome);
	outcome->action = ks_control_action(entry->config.control, outcome->result);
}

/* How much a result tells about a request that nothing stopped. */
static int weigh(enum ks_result result)
{
	switch (result) {
	case KS_DENIED:
		return 4;
	case KS_UNAVAILABLE:
		return 3;
	case KS_INVALID:
		return 2;
	case KS_EXPIRED:
		return 1;
	default:
		return 0;
	}
}

static void decide(struct ks_finding *finding, unsigned index, const struct outcome *outcome)
{
	finding->decider = index;
	finding->result = outcome->result;
	if (outcome->result != KS_OK)
		finding->problem = outcome->call.problem;
}

static bool ends_walk(const struct outcome *outcome)
{
	return outcome->action == KS_ACTION_DONE || outcome->action == KS_ACTION_FAIL;
}

/* The entry that ends the walk decides, unless it merely had nothing; else the one that tells most. */
static void weigh_outcome(struct ks_finding *finding, unsigned index, const struct outcome *outcome)
{
	if ((ends_walk(outcome) && outcome->result != KS_NOT_CONFIGURED) ||
		weigh(outcome->result) > weigh(finding->result))
		decide(finding, index, outcome);
}

static int note_outcome(struct ks_trace *trace, unsigned index, const struct outcome *outcome, int64_t microseconds)
{
	struct ks_note_of_step note = {
		.action = outcome->action,
		.result = outcome->result,
		.microseconds = microseconds,
		.source = outcome->call.source,
		.problem = outcome->action == KS_ACTION_DONE ? NULL : &outcome->call.problem,
	};

	return ks_trace_note(trace, index, &note);
}

static void start(struct ks_finding *finding, unsigned count)
{
	finding->credential = NULL;
	finding->decider = count;
	finding->result = KS_NOT_CONFIGURED;
	ks_problem_clear(&finding->problem);
	memset(finding->steps, KS_STEP_UNREACHED, count);
}

static enum ks_result give_up(struct ks_finding *finding, unsigned count)
{
	finding->credential = ks_credential_free(finding->credential);
	(void)ks_problem(&finding->problem, KS_ERROR, "", "out of memory");
	finding->decider = count;
	return finding->result = KS_ERROR;
}

enum ks_result ks_walk(
	struct ks_context *context, const struct ks_want *want, struct ks_trace *trace, struct ks_finding *finding)
{
	unsigned count = context->stack.count;
	struct outcome outcome;
	int64_t now = want->start;
	bool is_over = false;

	start(finding, count);
	for (unsigned i = 0; i < count && !is_over; i++) {
		const int64_t then = now;

		outcome.action = KS_ACTION_SKIP;
		outcome.result = KS_OK;
		ks_call_clear(&outcome.call);
		run_entry(context, i, want, now / 1000, &outcome);
		if (outcome.action != KS_ACTION_SKIP)
			weigh_outcome(finding, i, &outcome);
		finding->steps[i] =
			outcome.action == KS_ACTION_SKIP ? KS_STEP_SKIPPED : (unsigned char)outcome.result;
		finding->credential = outcome.call.credential;
		is_over = ends_walk(&outcome);
		/* a warm request looks at the clock as seldom as it can */
		if (trace || !is_over)
			now = ks_now_us();
		if (trace && note_outcome(trace, i, &outcome, now - then) < 0)
			return give_up(finding, count);
	}
	if (finding->credential) {
		finding->credential->context = context->serial;
		finding->credential->entry = finding->decider;
	}
	return finding->result;
}
