/* SPDX-License-Identifier: MIT */
#include "cli/walk.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "cli/message.h"
#include "core/report.h"
#include "core/words.h"

/* What the callbacks of ks_open() carry along. */
struct teller {
	bool silent;
	unsigned count;
};

void walk_fault_text(const struct ks_fault *fault, char text[FAULT_TEXT_MAX])
{
	char place[PLACE_TEXT_MAX] = "";

	ks_fault_place(fault, place, sizeof(place));
	(void)snprintf(text, FAULT_TEXT_MAX, "%s%s%s%s%s", place, fault->is_note ? "note: " : "", fault->reason,
		fault->remedy[0] ? "; " : "", fault->remedy);
}

static void tell_fault(void *data, const struct ks_fault *fault)
{
	struct teller *teller = data;
	char text[FAULT_TEXT_MAX];

	if (teller->silent || fault->is_note)
		return;
	walk_fault_text(fault, text);
	message_error("%s", text);
	teller->count++;
}

/* A warning of a module always, what else it notes with -v. The options outlive the context. */
static void tell_log(void *data, const char *module, int is_warning, const char *text)
{
	const struct options *options = data;

	if (is_warning)
		message_warning("%s: %s", module, text);
	else if (options->verbose)
		message_note("%s: %s", module, text);
}

int walk_open(struct walk *walk, const struct options *options)
{
	struct teller teller = {.silent = walk->one_line};
	struct ks_open_options open = {
		.size = sizeof(open),
		.config_dir = options->config_dir,
		.fault = tell_fault,
		.fault_data = &teller,
		.log = walk->one_line ? NULL : tell_log,
		.log_data = (void *)options,
	};

	walk->error = (struct ks_error)KS_ERROR_INIT;
	walk->service = options->service;
	walk->config_dir = options->config_dir;
	walk->result = ks_open(options->service, &open, &walk->context, &walk->error);
	if (walk->result == KS_OK)
		return 0;
	if (teller.count == 0)
		message_error("%s", walk->error.message);
	return ks_result_exit_status(walk->result);
}

void walk_prepare(struct walk *walk, const struct options *options, uint32_t transports, uint32_t preferred,
	const char *command)
{
	walk->request = (struct ks_request){
		.size = sizeof(walk->request),
		.transports = options->transports ? options->transports : transports,
		.preferred = preferred,
		.payers = options->payers,
		.timeout_ms = options->timeout_ms,
		.command = command,
	};
}

void walk_resolve(struct walk *walk)
{
	walk->result = ks_resolve(walk->context, &walk->request, &walk->credential, &walk->trace, &walk->error);
}

void walk_close(struct walk *walk)
{
	walk->credential = ks_credential_free(walk->credential);
	walk->trace = ks_trace_free(walk->trace);
	walk->context = ks_close(walk->context);
}

int walk_step(const struct walk *walk, unsigned index, struct ks_step *ret_step)
{
	*ret_step = (struct ks_step){.size = sizeof(*ret_step)};
	return walk->trace ? ks_trace_step_at(walk->trace, index, ret_step) : 0;
}

void walk_step_text(const struct ks_step *step, char text[STEP_TEXT_MAX])
{
	(void)snprintf(text, STEP_TEXT_MAX, "%s%s%s", step->reason[0] ? step->reason : step->source,
		step->remedy[0] ? "; " : "", step->remedy);
}

static bool was_run(const struct ks_step *step)
{
	return step->action != KS_ACTION_SKIP && step->action != KS_ACTION_UNREACHED;
}

/* The step whose result is the whole request's: the one that stopped the walk, else the first with that result. */
static int find_decisive(const struct walk *walk)
{
	struct ks_step step;
	int found = -1;

	for (unsigned i = 0; walk_step(walk, i, &step); i++) {
		if (!was_run(&step) || step.result != walk->result || step.result == KS_NOT_CONFIGURED)
			continue;
		if (step.action == KS_ACTION_FAIL)
			return (int)i;
		if (found < 0)
			found = (int)i;
	}
	return found;
}

static void tell_step(const struct ks_step *step)
{
	char text[STEP_TEXT_MAX];

	walk_step_text(step, text);
	message_error("%s:%u: %s: %s: %s", step->file, step->line, step->module,
		was_run(step) ? ks_result_name(step->result) : "skipped", text);
}

int walk_summarize(const struct walk *walk)
{
	int status = ks_result_exit_status(walk->result);
	const char *transports = ks_transports_word(walk->request.transports), *payer = NULL, *comma = ", payer ";

	payer = walk->request.payers ? ks_payer_name((enum ks_payer)walk->request.payers) : "";
	if (!*payer)
		comma = "";
	if (walk->result == KS_NOT_CONFIGURED)
		message_error("no credential for service '%s' (%s%s%s): every entry was skipped or not configured",
			walk->service, transports, comma, payer);
	else
		message_error("no credential for service '%s' (%s%s%s): %s (exit %d)", walk->service, transports,
			comma, payer, ks_result_name(walk->result), status);
	return status;
}

/* For a caller that shows one line: the entry that decides, or how to see all of them. */
static int fail_in_one_line(const struct walk *walk, int decisive)
{
	const char *transports = ks_transports_word(walk->request.transports);
	const char *payer = walk->request.payers ? ks_payer_name((enum ks_payer)walk->request.payers) : NULL;
	struct ks_step step;

	if (decisive >= 0 && walk_step(walk, (unsigned)decisive, &step))
		tell_step(&step);
	else if (walk->result == KS_NOT_CONFIGURED)
		message_error("no credential for service '%s' (%s): every entry was skipped or not configured; run "
			      "keystile explain -s %s -t %s%s%s%s%s",
			walk->service, transports, walk->service, transports, payer ? " -p " : "", payer ? payer : "",
			walk->config_dir ? " --config-dir " : "", walk->config_dir ? walk->config_dir : "");
	else
		message_error("%s", walk->error.message);
	return ks_result_exit_status(walk->result);
}

int walk_fail(const struct walk *walk)
{
	int decisive = find_decisive(walk);
	struct ks_step step;

	if (walk->one_line)
		return fail_in_one_line(walk, decisive);
	if (decisive >= 0 && walk_step(walk, (unsigned)decisive, &step))
		tell_step(&step);
	else if (walk->result != KS_NOT_CONFIGURED)
		message_error("%s", walk->error.message);
	for (unsigned i = 0; walk_step(walk, i, &step); i++)
		if ((int)i != decisive && step.action != KS_ACTION_UNREACHED)
			tell_step(&step);
	return walk_summarize(walk);
}
