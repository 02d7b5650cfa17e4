/* SPDX-License-Identifier: MIT */
#include "core/process.h"
#include "kit/ask.h"
#include "kit/checks.h"

enum {
	NEAR_MS = 50,   /* the time that is left */
	PAST_MS = 1000, /* how long ago the deadline was */
	LATE_MS = 250,  /* how late an answer may be */
	TRIES = 3       /* a machine with other work may be late once */
};

/* The core asks nobody when the deadline has passed, so this is the call itself. */
static int64_t ask_too_late(struct ks_context *context)
{
	const struct ks_stack_entry *entry = &context->stack.entries[0];
	const struct ks_wish wish = {
		.transports = entry->module->manifest.transports,
		.preferred = KS_TRANSPORT_API,
		.payers = KS_PAYER_API | KS_PAYER_SUBSCRIPTION | KS_PAYER_GATEWAY,
		.kinds = entry->module->manifest.kinds,
		.deadline = ks_now_ms() - PAST_MS,
	};
	struct ks_call call;
	const int64_t start = ks_now_ms();

	ks_call_clear(&call);
	during(RULE_ENDS, "resolve() with a deadline that has passed");
	(void)ks_host_resolve(&call, entry, &context->log, context->runtimes[0].state, &wish);
	(void)ks_credential_free(call.credential);
	return ks_now_ms() - start;
}

static void check_past(struct ks_context *context)
{
	int64_t taken = INT64_MAX;

	for (unsigned i = 0; i < TRIES && taken > LATE_MS; i++)
		taken = ask_too_late(context);
	if (taken > LATE_MS)
		broken(RULE_DEADLINE, "with a deadline that had passed, resolve() took %lld ms", (long long)taken);
}

/* How long a worker takes to start is not the module's: the first request is not timed. */
static void check_near(struct ks_context *context)
{
	struct answer answer = {.is_stopped = true};
	int64_t start = 0, taken = INT64_MAX;

	for (unsigned i = 0; i < TRIES && (answer.is_stopped || taken > NEAR_MS + LATE_MS); i++) {
		(void)ask(context, ASK_TIMEOUT_MS);
		start = ks_now_ms();
		answer = ask(context, NEAR_MS);
		taken = ks_now_ms() - start;
	}
	if (answer.is_stopped)
		broken(RULE_DEADLINE, "with a deadline after %d ms, resolve() did not return and was stopped",
			NEAR_MS);
	if (taken > NEAR_MS + LATE_MS)
		broken(RULE_DEADLINE, "with a deadline after %d ms, resolve() took %lld ms", NEAR_MS,
			(long long)taken);
}

void check_deadline(const struct kit *kit, const struct home *home)
{
	struct ks_context *context = open_home(home);

	(void)kit;
	if (home->is_here)
		check_past(context);
	check_near(context);
	during(RULE_CLOSE, "close()");
	(void)ks_close(context);
}
