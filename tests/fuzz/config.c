/* SPDX-License-Identifier: MIT */
/*
 * core/lex.c, core/config.c, core/control.c and core/option.c: a configuration that is accepted reads the same when
 * it is written again, and a fault has a place in the text. Every module has one option of each type.
 */
#include "core/config.h"

#include <stdlib.h>
#include <string.h>

#include "core/option.h"
#include "core/text.h"
#include "core/url.h"
#include "fuzz.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static struct ks_option options[] = {
	{"choice", KS_TYPE_CHOICE, KS_OPTION_OPTIONAL, "first|second|third", ""},
	{"duration", KS_TYPE_DURATION, KS_OPTION_OPTIONAL, "", ""},
	{"name", KS_TYPE_NAME, KS_OPTION_OPTIONAL, "", ""},
	{"number", KS_TYPE_NUMBER, KS_OPTION_OPTIONAL, "", ""},
	{"path", KS_TYPE_PATH, KS_OPTION_REQUIRED, "", ""},
	{"string", KS_TYPE_STRING, KS_OPTION_OPTIONAL, "", ""},
	{"url", KS_TYPE_URL, KS_OPTION_OPTIONAL, "", ""},
	{"variable", KS_TYPE_VARIABLE, KS_OPTION_OPTIONAL, "", ""},
};
static const struct ks_manifest manifest = {
	.name = "typed",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
};

/* One parse: the text, and what came of it. */
struct parse {
	const char *text;
	size_t length;
	struct ks_arena arena;
	struct ks_report report;
	struct ks_report bound; /* of the options alone, whose faults are no faults of the text */
	FILE *printed;
};

/* A byte of the text; or the end of a line, where a value is missing. */
static void check_place(const struct parse *parse, unsigned line, unsigned column)
{
	const char *start = parse->text, *end = NULL, *stop = parse->text + parse->length;

	PROPERTY(line >= 1 && line <= fuzz_lines(parse->text, parse->length));
	for (; line > 1; line--)
		start = (const char *)memchr(start, '\n', (size_t)(stop - start)) + 1;
	end = memchr(start, '\n', (size_t)(stop - start));
	if (!end)
		end = stop;
	PROPERTY(column >= 1 && column <= (size_t)(end - start) + 1);
	PROPERTY(column <= (size_t)(end - start) || (end > start && end[-1] == '='));
}

static void check_fault(void *data, const struct ks_fault *fault)
{
	const struct parse *parse = data;

	PROPERTY(fault->result == KS_MISCONFIGURED && !fault->is_note);
	check_place(parse, fault->line, fault->column);
	PROPERTY(fault->reason[0]);
	fuzz_tell("%u:%u: ", fault->line, fault->column);
	fuzz_reason(fault->reason);
	fuzz_reason(fault->remedy);
}

/* The types of include/keystile/provider.h, in other words than the core's. */
static bool fits(uint32_t type, const char *value)
{
	const char *reason = NULL;
	char unit[3] = "", after = '\0';
	unsigned long count = 0;

	switch (type) {
	case KS_TYPE_CHOICE:
		return strcmp(value, "first") == 0 || strcmp(value, "second") == 0 || strcmp(value, "third") == 0;
	case KS_TYPE_DURATION:
		return strchr("123456789", value[0]) && sscanf(value, "%lu%2[ms]%c", &count, unit, &after) == 2 &&
		       count <= KS_TIMEOUT_MAX_MS;
	case KS_TYPE_NAME:
		return fuzz_consists_of(value, LETTERS DIGITS "_.-", 128) && value[0] != '.';
	case KS_TYPE_NUMBER:
		return fuzz_consists_of(value, DIGITS, 9);
	case KS_TYPE_PATH:
		return value[0] == '/' || (value[0] == '~' && value[1] == '/');
	case KS_TYPE_STRING:
		return value[0] != '\0';
	case KS_TYPE_URL:
		return ks_url_check(value, &reason) == 0;
	case KS_TYPE_VARIABLE:
		return fuzz_consists_of(value, LETTERS DIGITS "_", 128) && !strchr(DIGITS, value[0]);
	default:
		return false;
	}
}

static void bind(struct parse *parse, const struct ks_entry *entry)
{
	struct ks_setting *settings = NULL;

	if (ks_options_bind(entry, &manifest, &parse->arena, &settings, &parse->bound) < 0) {
		PROPERTY(parse->bound.count > 0);
		return;
	}
	for (uint32_t i = 0; i < manifest.option_count; i++) {
		const struct ks_argument *argument = ks_option_argument(entry, &manifest, i);

		PROPERTY(settings[i].value == (argument ? argument->value : NULL));
		PROPERTY(!settings[i].value || fits(options[i].type, settings[i].value));
		PROPERTY(settings[i].value || entry->is_incomplete || !(options[i].flags & KS_OPTION_REQUIRED));
	}
}

static void print_value(FILE *stream, const char *value)
{
	if (!strpbrk(value, " \t\"\\")) {
		(void)fputs(value, stream);
		return;
	}
	(void)fputc('"', stream);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			(void)fputc('\\', stream);
		(void)fputc(*value, stream);
	}
	(void)fputc('"', stream);
}

/* The line as it could have stood in the text, no longer than it; and in a comment what its words came to. */
static void print_entry(FILE *stream, const struct ks_entry *entry)
{
	static const char *const transports[] = {"none", "api", "cli", "any"};

	if (entry->include) {
		(void)fprintf(stream, "include %s\n", entry->include);
		return;
	}
	PROPERTY(entry->transports < sizeof(transports) / sizeof(transports[0]));
	(void)fprintf(stream, "%s %s %s.so", transports[entry->transports], entry->control_text, entry->module);
	for (unsigned i = 0; i < entry->argument_count; i++) {
		(void)fprintf(stream, " %s=", entry->arguments[i].name);
		print_value(stream, entry->arguments[i].value);
	}
	(void)fprintf(stream, "\n# %x %lld %d %s\n", entry->control.next, (long long)entry->timeout_ms,
		(int)entry->isolate, entry->accept ? entry->accept : "");
}

static void check_arguments(const struct ks_entry *entry)
{
	PROPERTY(entry->argument_count <= KS_ARGUMENTS_MAX);
	for (unsigned i = 0; i < entry->argument_count; i++) {
		const struct ks_argument *argument = &entry->arguments[i];

		PROPERTY(fuzz_consists_of(
			argument->name + (argument->name[0] == '@'), LOWER DIGITS "-", KS_OPTION_NAME_MAX));
		PROPERTY(argument->value[0] && strlen(argument->value) <= KS_LINE_MAX);
		for (unsigned j = 0; j < i; j++)
			PROPERTY(strcmp(entry->arguments[j].name, argument->name) != 0);
	}
}

static void check_name(const char *name)
{
	PROPERTY(fuzz_consists_of(name, LOWER DIGITS "_-", KS_NAME_MAX) && name[0] != '_' && name[0] != '-');
}

static int take_entry(void *data, const struct ks_entry *entry)
{
	struct parse *parse = data;

	PROPERTY(!entry->include != !entry->module);
	check_place(parse, entry->line, entry->column);
	check_name(entry->include ? entry->include : entry->module);
	check_arguments(entry);
	if (entry->module)
		bind(parse, entry);
	if (parse->report.count > 0)
		return 0;
	PROPERTY(entry->include || entry->transports != 0);
	PROPERTY(entry->timeout_ms >= 1 && entry->timeout_ms <= KS_TIMEOUT_MAX_MS);
	print_entry(parse->printed, entry);
	return 0;
}

/* Returns whether there was no fault, and what could have been written instead. */
static bool parse(const char *text, size_t length, char **ret_printed, size_t *ret_size)
{
	struct ks_error error = KS_ERROR_INIT, bound_error = KS_ERROR_INIT;
	struct parse parse = {.text = text, .length = length};

	parse.report = (struct ks_report){.fault = check_fault, .data = &parse, .error = &error};
	parse.bound = (struct ks_report){.fault = check_fault, .data = &parse, .error = &bound_error};
	parse.printed = fuzz_stream(ret_printed, ret_size);
	PROPERTY(ks_config_parse("a.conf", text, length, &parse.arena, take_entry, &parse, &parse.report) == 0);
	(void)fclose(parse.printed);
	ks_arena_finish(&parse.arena);
	/* "and N more faults" has no place, so nobody checks it as one */
	parse.report.fault = NULL;
	PROPERTY((ks_report_finish(&parse.report) == KS_OK) == (parse.report.count == 0));
	PROPERTY(parse.report.count == 0 || ks_text_is_printable(error.message, strlen(error.message)));
	return parse.report.count == 0;
}

void fuzz_target(char *bytes, size_t length)
{
	char *printed = NULL, *printed_again = NULL;
	size_t size = 0, size_again = 0;

	if (parse(bytes, length, &printed, &size)) {
		PROPERTY(!memchr(bytes, '\r', length) && !memchr(bytes, '\0', length));
		PROPERTY(parse(printed, size, &printed_again, &size_again));
		PROPERTY(size == size_again && memcmp(printed, printed_again, size) == 0);
	}
	free(printed);
	free(printed_again);
}
