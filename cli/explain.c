/* SPDX-License-Identifier: MIT */
/*
 * keystile explain: walks the stack for real and says what each entry came to. Never the secret.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/message.h"
#include "cli/shadow.h"
#include "cli/table.h"
#include "cli/target.h"
#include "cli/view.h"
#include "core/words.h"

/* What is being explained. */
struct explanation {
	const struct options *options;
	struct walk walk;
	struct target target; /* where there is a command */
	bool has_target;
	struct shadows shadows;
};

/* The result of an entry that was run; NULL where it was not. */
static const char *result_of(const struct ks_step *step)
{
	if (step->action == KS_ACTION_SKIP || step->action == KS_ACTION_UNREACHED)
		return NULL;
	return ks_result_name(step->result);
}

static void put_step_row(struct table *table, const struct ks_step *step)
{
	char place[PLACE_TEXT_MAX], ms[32], reason[STEP_TEXT_MAX];
	const char *result = result_of(step);
	const char *cells[] = {place, ks_transports_word(step->transports), step->control, step->module, result,
		ks_action_name(step->action), result ? ms : "", reason};

	(void)snprintf(place, sizeof(place), "%s:%u", step->file, step->line);
	(void)snprintf(ms, sizeof(ms), "%.1f", (double)step->microseconds / 1000);
	walk_step_text(step, reason);
	table_add(table, cells);
}

static void put_text(struct output *output, const struct explanation *explanation)
{
	static const char *const head[] = {
		"PLACE", "TRANSPORT", "CONTROL", "MODULE", "RESULT", "ACTION", "MS", "REASON"};
	const struct walk *walk = &explanation->walk;
	struct ks_step step;
	struct table table;

	output_print(
		output, "service %s, transport %s\n\n", walk->service, ks_transports_word(walk->request.transports));
	table_init(&table, sizeof(head) / sizeof(head[0]));
	table_add(&table, head);
	for (unsigned i = 0; walk_step(walk, i, &step); i++)
		put_step_row(&table, &step);
	table_finish(&table, "", output);
	if (walk->credential) {
		output_text(output, "\nwinner\n");
		view_text(output, walk->credential);
	} else {
		output_print(output, "\noutcome %s\n", ks_outcome_word(explanation->walk.result));
	}
	if (explanation->shadows.first) {
		output_text(output, "\nshadows: what claude reads from disk all the same\n");
		shadows_text(output, &explanation->shadows);
	}
}

static void put_step_json(struct json *json, const struct ks_step *step)
{
	json_object(json, NULL);
	json_string(json, "file", step->file);
	json_number(json, "line", step->line);
	json_string(json, "transport", ks_transports_word(step->transports));
	json_string(json, "control", step->control);
	json_string(json, "module", step->module);
	json_string(json, "result", result_of(step));
	json_string(json, "action", ks_action_name(step->action));
	json_milliseconds(json, "ms", step->microseconds);
	json_string(json, "reason", step->reason);
	json_string(json, "remedy", step->remedy);
	json_object_end(json);
}

static void put_json(struct output *output, const struct explanation *explanation)
{
	const struct walk *walk = &explanation->walk;
	struct json json = {.output = output};
	struct ks_step step;

	json_object(&json, NULL);
	json_number(&json, "version", 1);
	json_string(&json, "service", walk->service);
	json_string(&json, "transport", ks_transports_word(walk->request.transports));
	json_string(&json, "outcome", ks_outcome_word(explanation->walk.result));
	json_array(&json, "steps");
	for (unsigned i = 0; walk_step(walk, i, &step); i++)
		put_step_json(&json, &step);
	json_array_end(&json);
	if (walk->credential) {
		json_object(&json, "winner");
		view_json(&json, walk->service, walk->credential, false);
		json_object_end(&json);
	} else {
		json_string(&json, "winner", NULL);
	}
	shadows_json(&json, "shadows", &explanation->shadows);
	json_object_end(&json);
	json_finish(&json);
}

/* Without a command, the question is what `claude` would meet wherever it may be asked for. */
static bool shadows_matter(const struct explanation *explanation)
{
	if (!explanation->has_target)
		return explanation->walk.request.transports & KS_TRANSPORT_CLI;
	return explanation->target.is_claude ||
	       ks_credential_transport(explanation->walk.credential) == KS_TRANSPORT_CLI;
}

/* Whether exec would stop at one of them. */
static bool shadows_stop(const struct explanation *explanation)
{
	if (!explanation->has_target)
		return false;
	for (const struct shadow *shadow = explanation->shadows.first; shadow; shadow = shadow->next)
		if (shadow_stops(shadow, explanation->target.is_claude, explanation->options->payers != 0))
			return true;
	return false;
}

static int write_out(struct explanation *explanation)
{
	struct output output = OUTPUT_INIT;
	int status = ks_result_exit_status(explanation->walk.result), write_status = 0;

	if (explanation->shadows.failed)
		output.failed = true;
	if (explanation->options->json)
		put_json(&output, explanation);
	else
		put_text(&output, explanation);
	write_status = output_write(&output);
	if (write_status)
		return write_status;
	if (explanation->walk.result != KS_OK)
		return walk_summarize(&explanation->walk);
	if (shadows_stop(explanation)) {
		message_error(
			"%s: settings on disk would stop keystile exec; remove them, or use exec --allow-shadow",
			explanation->target.name);
		return EX_CONFIG;
	}
	return status;
}

int explain_run(const struct options *options)
{
	struct explanation explanation = {.options = options, .has_target = options->operand_count > 0};
	uint32_t any = KS_TRANSPORT_API | KS_TRANSPORT_CLI;
	int status = 0;

	if (explanation.has_target)
		status = target_find(&explanation.target, options->operands[0]);
	if (status == 0)
		status = walk_open(&explanation.walk, options);
	if (status)
		goto out;
	if (explanation.has_target)
		target_prepare(&explanation.target, &explanation.walk, options);
	else
		walk_prepare(&explanation.walk, options, any, KS_TRANSPORT_API, "explain");
	walk_resolve(&explanation.walk);
	if (explanation.walk.result != KS_OK && !explanation.walk.trace) {
		message_error("%s", explanation.walk.error.message);
		status = ks_result_exit_status(explanation.walk.result);
		goto out;
	}
	if (shadows_matter(&explanation))
		shadows_find(&explanation.shadows, explanation.walk.credential,
			explanation.has_target ? options->operands + 1 : NULL);
	status = write_out(&explanation);
out:
	shadows_finish(&explanation.shadows);
	walk_close(&explanation.walk);
	return status;
}
