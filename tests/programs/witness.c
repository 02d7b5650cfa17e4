/* SPDX-License-Identifier: MIT */
/*
 * witness REPORT [preload] [api|cli|any]: opens the default stack, asks it once and closes it, and writes into the
 *file REPORT what came of it and what each call changed in the process:
 *
 *	open: RESULT[: MESSAGE]
 *	note: MODULE: TEXT
 *	resolve: RESULT[: MESSAGE]
 *	step: MODULE: ACTION: RESULT[: REASON[; REMEDY]]
 *	credential: MODULE: TRANSPORT: SOURCE
 *	changed by open|resolve|close: DIFFERENCE
 *	took: open|resolve|close: MILLISECONDS
 *	end: COUNT bytes of secret memory in use
 *
 * Standard input, output and error are the modules'. Where they are files, using them is a difference.
 */
#include <fcntl.h>
#include <keystile/keystile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/process.h"
#include "core/secret.h"
#include "kit/process-state.h"

struct witness {
	FILE *report;
	int proc;
	const char *action;
	struct process_state *state;
	unsigned differences;
	int64_t since; /* milliseconds on CLOCK_MONOTONIC */
};

static void tell_difference(void *data, const char *line)
{
	const struct witness *witness = data;

	(void)fprintf(witness->report, "changed by %s: %s\n", witness->action, line);
}

/* Takes a record, and compares it with the one before. */
static void look(struct witness *witness, const char *action)
{
	const int64_t took = ks_now_ms() - witness->since;
	struct process_state *state = process_state_take(witness->proc);

	if (witness->state)
		(void)fprintf(witness->report, "took: %s: %lld\n", action, (long long)took);
	if (!state)
		abort();
	witness->action = action;
	if (witness->state)
		witness->differences += process_state_compare(witness->state, state, tell_difference, witness);
	(void)process_state_free(witness->state);
	witness->state = state;
	witness->since = ks_now_ms();
}

static void tell_result(const struct witness *witness, const char *action, const struct ks_error *error)
{
	(void)fprintf(witness->report, "%s: %s%s%s\n", action, ks_result_name(error->result),
		error->message[0] ? ": " : "", error->message);
}

static void tell_note(void *data, const char *module, int is_warning, const char *text)
{
	const struct witness *witness = data;

	(void)is_warning;
	(void)fprintf(witness->report, "note: %s: %s\n", module, text);
}

static void tell_steps(const struct witness *witness, const struct ks_trace *trace)
{
	struct ks_step step = {.size = sizeof(step)};

	for (unsigned i = 0; ks_trace_step_at(trace, i, &step); i++)
		(void)fprintf(witness->report, "step: %s: %s: %s%s%s%s%s\n", step.module, ks_action_name(step.action),
			ks_result_name(step.result), step.reason[0] ? ": " : "", step.reason,
			step.remedy[0] ? "; " : "", step.remedy);
}

static void ask(struct witness *witness, struct ks_context *context, uint32_t transports)
{
	struct ks_request request = {.size = sizeof(request), .transports = transports};
	struct ks_error error = KS_ERROR_INIT;
	struct ks_credential *credential = NULL;
	struct ks_trace *trace = NULL;
	enum ks_result result = ks_resolve(context, &request, &credential, &trace, &error);

	look(witness, "resolve");
	tell_result(witness, "resolve", &error);
	tell_steps(witness, trace);
	if (result == KS_OK)
		(void)fprintf(witness->report, "credential: %s: %s: %s\n", ks_credential_module(credential),
			ks_transport_name(ks_credential_transport(credential)), ks_credential_source(credential));
	(void)ks_trace_free(trace);
	(void)ks_credential_free(credential);
}

int main(int argc, char **argv)
{
	struct witness witness = {0};
	struct ks_open_options options = {.size = sizeof(options), .log = tell_note, .log_data = &witness};
	struct ks_error error = KS_ERROR_INIT;
	struct ks_context *context = NULL;
	uint32_t transports = KS_TRANSPORT_API;

	witness.report = argc > 1 ? fopen(argv[1], "we") : NULL;
	witness.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!witness.report || witness.proc < 0)
		return 1;
	for (char **word = argv + 2; *word; word++) {
		if (strcmp(*word, "preload") == 0)
			options.flags = KS_OPEN_PRELOAD;
		else if (strcmp(*word, "cli") == 0)
			transports = KS_TRANSPORT_CLI;
		else if (strcmp(*word, "any") == 0)
			transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI;
	}
	look(&witness, "nothing");
	(void)ks_open(NULL, &options, &context, &error);
	look(&witness, "open");
	tell_result(&witness, "open", &error);
	if (context)
		ask(&witness, context, transports);
	(void)ks_close(context);
	look(&witness, "close");
	(void)fprintf(witness.report, "end: %zu bytes of secret memory in use\n", ks_secret_in_use());
	(void)fclose(witness.report);
	(void)process_state_free(witness.state);
	(void)close(witness.proc);
	/* a sanitizer that looks for leaks needs the process as it was */
	if (witness.differences > 0)
		_exit(0);
	return 0;
}
