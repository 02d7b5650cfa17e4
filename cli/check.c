/* SPDX-License-Identifier: MIT */
/*
 * keystile check: opens every module of a stack without asking any backend, and tells every fault.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/view.h"
#include "cli/walk.h"
#include "core/confinement.h"
#include "core/context.h"
#include "core/words.h"

/* One service or file after the other. */
struct checker {
	const struct options *options;
	struct output output;
	struct json json;
	const char *operand;
	unsigned services;
	unsigned faults;       /* of this operand */
	char *file;            /* of its first fault, for where no stack was opened */
	enum ks_result result; /* the worst of all operands */
};

static bool is_worse(enum ks_result result, enum ks_result than)
{
	if (than == KS_OK || result == KS_ERROR)
		return result != KS_OK;
	return result == KS_MISCONFIGURED && than != KS_ERROR;
}

static void worsen(struct checker *checker, enum ks_result result)
{
	if (is_worse(result, checker->result))
		checker->result = result;
}

static void put_fault(struct json *json, const struct ks_fault *fault)
{
	json_object(json, NULL);
	json_string(json, "file", fault->file);
	json_number(json, "line", fault->line);
	json_number(json, "column", fault->column);
	json_string(json, "result", ks_result_name(fault->result));
	json_string(json, "reason", fault->reason);
	json_string(json, "remedy", fault->remedy);
	json_boolean(json, "note", fault->is_note);
	json_object_end(json);
}

static void take_fault(void *data, const struct ks_fault *fault)
{
	struct checker *checker = data;
	char text[FAULT_TEXT_MAX];

	if (checker->options->json)
		put_fault(&checker->json, fault);
	if (!checker->file && fault->file)
		checker->file = strdup(fault->file);
	walk_fault_text(fault, text);
	if (fault->is_note) {
		if (checker->options->verbose)
			message_note("%s", text);
		return;
	}
	message_error("%s", text);
	checker->faults++;
	worsen(checker, fault->result);
}

/* What confines the entry's module, as its worker said when it was opened; 0 for one in this process. */
static uint32_t in_effect(const struct ks_stack_entry *entry)
{
	return entry->worker ? entry->worker->measures : 0;
}

static uint32_t wanted(const struct ks_stack_entry *entry)
{
	return entry->worker ? ks_measures_wanted(entry->module->manifest.flags & KS_PROVIDER_NETWORK) : 0;
}

static void put_entry_json(struct json *json, const struct ks_stack_entry *entry)
{
	const struct ks_entry *config = &entry->config;

	json_object(json, NULL);
	json_string(json, "file", config->file);
	json_number(json, "line", config->line);
	json_string(json, "transport", ks_transports_word(config->transports));
	json_string(json, "control", config->control_text);
	json_string(json, "module", entry->module->file);
	json_number(json, "timeout_ms", config->timeout_ms);
	json_boolean(json, "isolated", entry->is_isolated);
	view_json_measures(json, "confinement", in_effect(entry));
	view_json_measures(json, "lacking", wanted(entry) & ~in_effect(entry));
	json_object(json, "options");
	for (unsigned i = 0; i < config->argument_count; i++)
		json_string(json, config->arguments[i].name, config->arguments[i].value);
	json_object_end(json);
	json_object_end(json);
}

/* An argument as it could stand in a file. */
static void put_argument(struct output *output, const struct ks_argument *argument)
{
	bool quoted = argument->value[strcspn(argument->value, " \t\"\\#")] != '\0';

	output_text(output, " ");
	output_text(output, argument->name);
	output_text(output, quoted ? "=\"" : "=");
	for (const char *c = argument->value; *c; c++) {
		if (quoted && (*c == '"' || *c == '\\'))
			output_text(output, "\\");
		output_bytes(output, c, 1);
	}
	if (quoted)
		output_text(output, "\"");
}

/* A comment may name a file of a checkout: what is not printable in it must not become a line of its own. */
__attribute__((format(printf, 2, 3))) static void put_comment(struct output *output, const char *format, ...)
{
	char text[PLACE_TEXT_MAX + NAME_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	ks_scrub(text);
	output_print(output, "# %s\n", text);
}

/* Where the module runs, under its entry. */
static void put_home(struct output *output, const struct ks_stack_entry *entry)
{
	const uint32_t lacking = wanted(entry) & ~in_effect(entry);
	char words[WORDS_MAX];

	if (!entry->is_isolated)
		return;
	view_measures(in_effect(entry), words);
	put_comment(output, "  runs in a process of its own: %s", words);
	view_measures(lacking, words);
	if (lacking)
		put_comment(output, "  cannot be had here: %s", words);
}

/* The stack as it will run: includes inlined, one entry a line. */
static void put_stack(struct output *output, const struct ks_stack *stack)
{
	put_comment(output, "%s (%s)", stack->service, stack->file);
	for (unsigned i = 0; i < stack->count; i++) {
		const struct ks_stack_entry *entry = &stack->entries[i];

		output_print(output, "%-9s  %-10s  ", ks_transports_word(entry->config.transports),
			entry->config.control_text);
		output_text(output, entry->module->file);
		for (unsigned j = 0; j < entry->config.argument_count; j++)
			put_argument(output, &entry->config.arguments[j]);
		output_text(output, "  ");
		put_comment(output, "%s:%u", entry->config.file, entry->config.line);
		put_home(output, entry);
	}
}

static void put_service_end(struct checker *checker, const struct ks_context *context, bool ok)
{
	const struct ks_stack *stack = context ? ks_context_stack(context) : NULL;
	struct json *json = &checker->json;

	json_array_end(json);
	json_string(json, "service", stack ? stack->service : checker->operand);
	json_string(json, "file", stack ? stack->file : checker->file);
	json_boolean(json, "ok", ok);
	json_array(json, "entries");
	for (unsigned i = 0; stack && i < stack->count; i++)
		put_entry_json(json, &stack->entries[i]);
	json_array_end(json);
	json_object_end(json);
}

static void check_one(void *data, const char *operand)
{
	struct checker *checker = data;
	bool is_file = strchr(operand, '/') != NULL, ok = false;
	struct ks_open_options open = {
		.size = sizeof(open),
		.flags = KS_OPEN_PRELOAD | KS_OPEN_LINT | (is_file ? KS_OPEN_FILE : 0u),
		.config_dir = checker->options->config_dir,
		.fault = take_fault,
		.fault_data = checker,
	};
	struct ks_error error = KS_ERROR_INIT;
	struct ks_context *context = NULL;
	enum ks_result result = KS_OK;

	while (strncmp(operand, "./", 2) == 0)
		operand += strspn(operand + 1, "/") + 1;
	checker->operand = operand;
	checker->services++;
	checker->faults = 0;
	if (checker->options->json) {
		json_object(&checker->json, NULL);
		json_array(&checker->json, "faults");
	}
	result = ks_open(operand, &open, &context, &error);
	if (result != KS_OK && checker->faults == 0)
		take_fault(checker, &(struct ks_fault){.size = sizeof(struct ks_fault),
					    .result = result,
					    .reason = error.message,
					    .remedy = ""});
	ok = result == KS_OK && checker->faults == 0;
	if (checker->options->json)
		put_service_end(checker, context, ok);
	else if (checker->options->verbose && context)
		put_stack(&checker->output, ks_context_stack(context));
	worsen(checker, result);
	free(checker->file);
	checker->file = NULL;
	(void)ks_close(context);
}

static void check_all(struct checker *checker)
{
	struct ks_problem problem = {0};

	if (ks_services(checker->options->config_dir, check_one, checker, &problem) < 0) {
		message_error("%s%s%s", problem.reason, problem.remedy[0] ? "; " : "", problem.remedy);
		worsen(checker, problem.result);
	} else if (checker->services == 0) {
		message_error("no service is configured; write a file such as default.conf");
		worsen(checker, KS_MISCONFIGURED);
	}
}

int check_run(const struct options *options)
{
	struct checker checker = {.options = options, .output = OUTPUT_INIT, .result = KS_OK};
	int status = 0;

	checker.json.output = &checker.output;
	if (options->json) {
		json_object(&checker.json, NULL);
		json_number(&checker.json, "version", 1);
		json_array(&checker.json, "services");
	}
	for (unsigned i = 0; i < options->operand_count; i++)
		check_one(&checker, options->operands[i]);
	if (options->operand_count == 0)
		check_all(&checker);
	if (options->json) {
		json_array_end(&checker.json);
		json_object_end(&checker.json);
		json_finish(&checker.json);
	}
	if (options->json || options->verbose)
		status = output_write(&checker.output);
	return status ? status : ks_result_exit_status(checker.result);
}
