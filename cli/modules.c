/* SPDX-License-Identifier: MIT */
/*
 * keystile modules: what is installed, from the modules' notes. No code of a module runs.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/message.h"
#include "cli/table.h"
#include "cli/view.h"
#include "core/config.h"
#include "core/confinement.h"
#include "core/module.h"

#define SUFFIX ".so"

/* The list in the making. */
struct listing {
	struct table table;
	struct json *json; /* NULL for the table */
	int status;
};

/* Some reasons name the module themselves. */
static void tell_problem(const char *name, const struct ks_problem *problem)
{
	char file[NAME_MAX + sizeof(SUFFIX)];
	bool is_named = false;

	(void)snprintf(file, sizeof(file), "%s" SUFFIX, name);
	is_named = strstr(problem->reason, file) != NULL;
	message_error("%s%s%s%s%s", is_named ? "" : file, is_named ? "" : ": ", problem->reason,
		problem->remedy[0] ? "; " : "", problem->remedy);
}

/* "path" for KS_TYPE_PATH, and so on. */
static void type_word(uint32_t type, char word[WORDS_MAX])
{
	const char *name = ks_option_type_name(type);
	size_t i = 0;

	for (; name && name[i] && i + 1 < WORDS_MAX; i++)
		word[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] - 'A' + 'a' : name[i]);
	word[i] = '\0';
}

/* Word number `index` of a list separated by '|'; false behind the last. */
static bool choice_at(const char *words, unsigned index, char word[KS_NOTE_MAX])
{
	size_t length = 0;

	for (; index > 0; index--) {
		words += strcspn(words, "|");
		if (*words++ == '\0')
			return false;
	}
	length = strcspn(words, "|");
	memcpy(word, words, length);
	word[length] = '\0';
	return true;
}

static void put_option_json(struct json *json, const struct ks_option *option)
{
	const char *fallback = option->fallback && *option->fallback ? option->fallback : NULL;
	bool is_choice = option->type == KS_TYPE_CHOICE && fallback;
	char word[KS_NOTE_MAX], type[WORDS_MAX];

	type_word(option->type, type);
	json_object(json, NULL);
	json_string(json, "name", option->name);
	json_string(json, "type", type);
	json_boolean(json, "required", option->flags & KS_OPTION_REQUIRED);
	json_array(json, "choices");
	for (unsigned i = 0; is_choice && choice_at(fallback, i, word); i++)
		json_string(json, NULL, word);
	json_array_end(json);
	if (is_choice)
		(void)choice_at(fallback, 0, word);
	json_string(json, "default", is_choice ? word : fallback);
	json_string(json, "help", option->help);
	json_object_end(json);
}

static bool is_of_network(const struct ks_manifest *manifest)
{
	return manifest->flags & KS_PROVIDER_NETWORK;
}

static void put_json(struct json *json, const struct ks_manifest *manifest)
{
	const uint32_t wanted = ks_measures_wanted(is_of_network(manifest)), available = ks_measures_available();

	json_object(json, NULL);
	json_string(json, "name", manifest->name);
	json_string(json, "version", manifest->version);
	json_string(json, "summary", manifest->summary);
	view_json_kinds(json, "kinds", manifest->kinds);
	view_json_transports(json, "transports", manifest->transports);
	json_boolean(json, "network", is_of_network(manifest));
	view_json_measures(json, "confinement", wanted & available);
	view_json_measures(json, "lacking", wanted & ~available);
	json_array(json, "options");
	for (uint32_t i = 0; i < manifest->option_count; i++)
		put_option_json(json, &manifest->options[i]);
	json_array_end(json);
	json_array(json, "environment");
	for (uint32_t i = 0; i < manifest->environment_count; i++)
		json_string(json, NULL, manifest->environment[i]);
	json_array_end(json);
	json_object_end(json);
}

static void put_row(struct table *table, const struct ks_manifest *manifest)
{
	char kinds[WORDS_MAX], transports[WORDS_MAX];
	const char *cells[] = {manifest->name, manifest->version, kinds, transports, manifest->summary};

	view_kinds(manifest->kinds, kinds);
	view_transports(manifest->transports, transports);
	table_add(table, cells);
}

static void take_module(
	void *data, const char *name, const struct ks_module *module, const struct ks_problem *problem)
{
	struct listing *listing = data;

	if (!module) {
		tell_problem(name, problem);
		listing->status = EX_CONFIG;
	} else if (listing->json) {
		put_json(listing->json, &module->manifest);
	} else {
		put_row(&listing->table, &module->manifest);
	}
}

static int list_all(struct ks_modules *modules, struct output *output, struct json *json)
{
	static const char *const head[] = {"NAME", "VERSION", "KINDS", "TRANSPORTS", "SUMMARY"};
	struct listing listing = {.json = json};
	struct ks_problem problem = {0};

	table_init(&listing.table, sizeof(head) / sizeof(head[0]));
	table_add(&listing.table, head);
	if (ks_modules_list(modules, take_module, &listing, &problem) < 0) {
		message_error("%s%s%s", problem.reason, problem.remedy[0] ? "; " : "", problem.remedy);
		listing.status = ks_result_exit_status(problem.result);
	}
	if (json)
		ks_arena_finish(&listing.table.arena);
	else
		table_finish(&listing.table, "", output);
	return listing.status;
}

/* Of a choice, the words stand for the type, and the first is the default. */
static void put_option_row(struct table *table, const struct ks_option *option)
{
	bool is_choice = option->type == KS_TYPE_CHOICE && option->fallback;
	char type[WORDS_MAX], word[KS_NOTE_MAX] = "";
	const char *cells[] = {option->name, is_choice ? option->fallback : type,
		option->flags & KS_OPTION_REQUIRED ? "required" : "optional", is_choice ? word : option->fallback,
		option->help};

	type_word(option->type, type);
	if (is_choice)
		(void)choice_at(option->fallback, 0, word);
	table_add(table, cells);
}

static void put_options(struct output *output, const struct ks_manifest *manifest)
{
	static const char *const head[] = {"OPTION", "TYPE", "NEEDED", "DEFAULT", "HELP"};
	struct table table;

	if (manifest->option_count == 0)
		return;
	table_init(&table, sizeof(head) / sizeof(head[0]));
	table_add(&table, head);
	for (uint32_t i = 0; i < manifest->option_count; i++)
		put_option_row(&table, &manifest->options[i]);
	output_text(output, "\n");
	table_finish(&table, "  ", output);
}

/* Where it runs, and what it cannot do where that is a process of its own. */
static void put_home(struct output *output, const struct ks_manifest *manifest)
{
	const uint32_t wanted = ks_measures_wanted(is_of_network(manifest)), available = ks_measures_available();
	char words[WORDS_MAX];

	output_print(output, "  runs        in %s\n",
		is_of_network(manifest) ? "a process of its own, unless @isolate=none is written"
					: "the caller's process, unless @isolate=process is written");
	view_measures(wanted & available, words);
	output_print(output, "  confined    in a process of its own, by: %s\n", words);
	view_measures(wanted & ~available, words);
	if (words[0])
		output_print(output, "  lacking     what this kernel does not have of that: %s\n", words);
}

static void put_details(struct output *output, const struct ks_manifest *manifest)
{
	char kinds[WORDS_MAX], transports[WORDS_MAX];

	view_kinds(manifest->kinds, kinds);
	view_transports(manifest->transports, transports);
	output_print(output, "%s" SUFFIX " %s: %s\n", manifest->name, manifest->version, manifest->summary);
	output_print(output, "  kinds       %s\n  transports  %s\n", kinds, transports);
	put_home(output, manifest);
	put_options(output, manifest);
	if (manifest->environment_count == 0)
		return;
	output_text(output, "\n  reads");
	for (uint32_t i = 0; i < manifest->environment_count; i++)
		output_print(output, " %s", manifest->environment[i]);
	output_text(output, "\n");
}

static int show_one(struct ks_modules *modules, const char *operand, struct output *output, struct json *json)
{
	size_t length = strlen(operand), end = sizeof(SUFFIX) - 1;
	char name[NAME_MAX + 1];
	struct ks_problem problem = {0};
	const struct ks_module *module = NULL;

	if (length > end && strcmp(operand + length - end, SUFFIX) == 0)
		length -= end;
	if (length >= sizeof(name)) {
		message_error("module: the name is too long; use one that keystile modules prints");
		return EX_CONFIG;
	}
	memcpy(name, operand, length);
	name[length] = '\0';
	if (!ks_name_is_valid(name)) {
		message_error("%.80s: is not a module's name; use one that keystile modules prints", operand);
		return EX_CONFIG;
	}
	module = ks_module_find(modules, name, &problem);
	if (!module) {
		tell_problem(name, &problem);
		return ks_result_exit_status(problem.result);
	}
	if (json)
		put_json(json, &module->manifest);
	else
		put_details(output, &module->manifest);
	return 0;
}

int modules_run(const struct options *options)
{
	struct ks_arena arena = {0};
	struct ks_modules modules = {.arena = &arena};
	struct output output = OUTPUT_INIT;
	struct json json = {.output = &output};
	bool one = options->operand_count > 0;
	int status = 0, write_status = 0;

	if (options->json) {
		json_object(&json, NULL);
		json_number(&json, "version", 1);
		json_array(&json, "modules");
	}
	if (one)
		status = show_one(&modules, options->operands[0], &output, options->json ? &json : NULL);
	else
		status = list_all(&modules, &output, options->json ? &json : NULL);
	if (options->json) {
		json_array_end(&json);
		json_object_end(&json);
		json_finish(&json);
	}
	if (one && status)
		output_finish(&output);
	else
		write_status = output_write(&output);
	ks_arena_finish(&arena);
	return write_status ? write_status : status;
}
