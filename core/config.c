/* SPDX-License-Identifier: MIT */
#include "core/config.h"

#include <errno.h>
#include <string.h>

/* What one parse carries along. */
struct parser {
	struct ks_lexer lexer;
	ks_entry_fn *entry;
	void *data;
};

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

bool ks_name_is_valid(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= KS_NAME_MAX && name[0] != '_' && name[0] != '-' &&
	       strspn(name, LOWER DIGITS "_-") == length;
}

int ks_duration_parse(const char *text, int64_t *ret_ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}};
	size_t digits = strspn(text, DIGITS);
	int64_t value = 0;

	if (digits == 0 || text[0] == '0')
		return -EINVAL;
	for (size_t i = 0; i < digits; i++) {
		if (value <= KS_TIMEOUT_MAX_MS)
			value = value * 10 + (text[i] - '0');
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + digits, units[i].unit) != 0)
			continue;
		if (value > KS_TIMEOUT_MAX_MS / units[i].ms)
			return -ERANGE;
		*ret_ms = value * units[i].ms;
		return 0;
	}
	return -EINVAL;
}

static void fault(struct parser *parser, unsigned line, unsigned column, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
static void fault(struct parser *parser, unsigned line, unsigned column, const char *remedy, const char *format, ...)
{
	struct ks_problem problem = {.result = KS_MISCONFIGURED};
	va_list arguments;

	va_start(arguments, format);
	ks_problem_va(&problem, KS_MISCONFIGURED, remedy, format, arguments);
	va_end(arguments);
	(void)ks_report_problem(parser->lexer.report, parser->lexer.file, line, column, &problem);
}

/* "'word'", or "'word='" of a token with a value. */
static const char *show(const struct ks_token *token, char buffer[KS_REPORT_WORD_MAX])
{
	return ks_report_word(buffer, token->text, strlen(token->text), token->value ? "=" : "");
}

static void parse_transport(struct parser *parser, const struct ks_token *token, struct ks_entry *entry)
{
	static const struct {
		const char *word;
		uint32_t transports;
	} words[] = {
		{"api", KS_TRANSPORT_API},
		{"cli", KS_TRANSPORT_CLI},
		{"any", KS_TRANSPORT_API | KS_TRANSPORT_CLI},
	};
	char shown[KS_REPORT_WORD_MAX];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !token->value; i++) {
		if (strcmp(words[i].word, token->text) == 0) {
			entry->transports = words[i].transports;
			return;
		}
	}
	fault(parser, token->line, token->column, "write api, cli, any or include", "%s is not a transport",
		show(token, shown));
}

static void parse_control(struct parser *parser, const struct ks_token *token, struct ks_entry *entry)
{
	struct ks_problem problem = {0};
	size_t offset = 0;
	unsigned line = 0, column = 0;
	char shown[KS_REPORT_WORD_MAX];

	entry->control_text = token->text;
	if (token->value)
		fault(parser, token->line, token->column, "put it in brackets, as in [unavailable=next]",
			"%s is not a control word", show(token, shown));
	else if (ks_control_parse(token->text, &entry->control, &offset, &problem) < 0) {
		ks_lex_place(&parser->lexer, token->at + offset, &line, &column);
		(void)ks_report_problem(parser->lexer.report, parser->lexer.file, line, column, &problem);
	}
}

static int parse_module(struct parser *parser, const struct ks_token *token, struct ks_entry *entry)
{
	size_t length = strlen(token->text);
	char *name = NULL, shown[KS_REPORT_WORD_MAX];

	entry->module_line = token->line;
	entry->module_column = token->column;
	if (strchr(token->text, '/')) {
		fault(parser, token->line, token->column, "write its name alone, as in env.so",
			"a module is named without a folder");
		return 0;
	}
	if (token->value || length < 4 || strcmp(token->text + length - 3, ".so") != 0) {
		fault(parser, token->line, token->column, "write its name with .so, as in env.so",
			"%s is not a module", show(token, shown));
		return 0;
	}
	name = ks_arena_copy(parser->lexer.arena, token->text, length - 3);
	if (!name)
		return -ENOMEM;
	if (ks_name_is_valid(name))
		entry->module = name;
	else
		fault(parser, token->line, token->column, "use " KS_NAME_RULE, "%s is not a module's name",
			show(token, shown));
	return 0;
}

static void parse_core_option(struct parser *parser, const struct ks_argument *argument, struct ks_entry *entry)
{
	struct ks_problem problem = {0};
	int r = 0;

	if (strcmp(argument->name, "@timeout") == 0) {
		r = ks_duration_parse(argument->value, &entry->timeout_ms);
		if (r < 0)
			fault(parser, argument->value_line, argument->value_column,
				"write a duration such as 500ms, 3s or 1m, at most 10m", "@timeout %s",
				r == -ERANGE ? "is longer than 10 minutes" : "is not a duration");
	} else if (strcmp(argument->name, "@accept") == 0) {
		entry->accept = argument->value;
		if (ks_accept_check(argument->value, &problem) < 0)
			(void)ks_report_problem(parser->lexer.report, parser->lexer.file, argument->value_line,
				argument->value_column, &problem);
	} else if (strcmp(argument->name, "@isolate") == 0) {
		if (strcmp(argument->value, "process") == 0)
			entry->isolate = KS_ISOLATE_PROCESS;
		else if (strcmp(argument->value, "none") == 0)
			entry->isolate = KS_ISOLATE_NONE;
		else
			fault(parser, argument->value_line, argument->value_column, "write one of them",
				"@isolate is none or process");
	} else {
		fault(parser, argument->line, argument->column, "write @timeout, @isolate or @accept",
			"'%s' is not an option of the core", argument->name);
	}
}

static bool option_name_is_valid(const char *name)
{
	size_t length = strlen(name);

	if (name[0] == '@') {
		name++;
		length--;
	}
	return length > 0 && length <= KS_OPTION_NAME_MAX && strspn(name, LOWER) > 0 &&
	       strspn(name, LOWER DIGITS "-") == length;
}

/* Whether the token is a well-formed argument that the entry has not had before. */
static bool check_argument(struct parser *parser, const struct ks_token *token, const struct ks_entry *entry)
{
	char shown[KS_REPORT_WORD_MAX];

	if (!token->value) {
		/* it may be a part of a value, and those are never shown */
		fault(parser, token->line, token->column, "write name=value, or name=\"a value\" where it has blanks",
			"this word is not an argument");
		return false;
	}
	if (!option_name_is_valid(token->text)) {
		fault(parser, token->line, token->column,
			"use lower-case letters, digits and -, beginning with a letter, at most 32",
			"%s is not an option's name",
			ks_report_word(shown, token->text, strlen(token->text), token->text[0] ? "" : "="));
		return false;
	}
	if (token->value[0] == '\0') {
		fault(parser, token->value_line, token->value_column, "give a value or leave the option out",
			"option %s has no value", token->text);
		return false;
	}
	for (unsigned i = 0; i < entry->argument_count; i++) {
		if (strcmp(entry->arguments[i].name, token->text) == 0) {
			fault(parser, token->line, token->column, "keep one of them",
				"option %s was given before, at %u:%u", token->text, entry->arguments[i].line,
				entry->arguments[i].column);
			return false;
		}
	}
	return true;
}

static int parse_arguments(
	struct parser *parser, const struct ks_token *tokens, unsigned count, struct ks_entry *entry)
{
	struct ks_argument *argument = NULL;

	entry->arguments = ks_arena_alloc(parser->lexer.arena, (count + 1) * sizeof(*entry->arguments));
	if (!entry->arguments)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		if (!check_argument(parser, &tokens[i], entry)) {
			entry->is_incomplete = true;
			continue;
		}
		argument = &entry->arguments[entry->argument_count++];
		argument->name = tokens[i].text;
		argument->value = tokens[i].value;
		argument->line = tokens[i].line;
		argument->column = tokens[i].column;
		argument->value_line = tokens[i].value_line;
		argument->value_column = tokens[i].value_column;
		if (argument->name[0] == '@')
			parse_core_option(parser, argument, entry);
	}
	return 0;
}

static int parse_include(struct parser *parser, const struct ks_line *line, struct ks_entry *entry)
{
	const struct ks_token *name = &line->tokens[1];
	char shown[KS_REPORT_WORD_MAX];

	if (line->count < 2) {
		fault(parser, entry->line, entry->column, "name a service, as in include common",
			"include without a name");
		return 0;
	}
	if (!name->value && ks_name_is_valid(name->text))
		entry->include = name->text;
	else
		fault(parser, name->line, name->column, "use its name alone, without folder or .conf: " KS_NAME_RULE,
			"%s is not a service's name", show(name, shown));
	if (line->count > 2)
		fault(parser, line->tokens[2].line, line->tokens[2].column, "write one include a line",
			"text behind the name of the include");
	return entry->include ? parser->entry(parser->data, entry) : 0;
}

static int parse_line(struct parser *parser, const struct ks_line *line)
{
	unsigned faults = parser->lexer.report->count;
	const struct ks_token *last = &line->tokens[line->count - 1];
	struct ks_entry entry = {
		.file = parser->lexer.file,
		.line = line->tokens[0].line,
		.column = line->tokens[0].column,
		.timeout_ms = KS_ENTRY_TIMEOUT_MS,
	};

	if (strcmp(line->tokens[0].text, "include") == 0 && !line->tokens[0].value)
		return parse_include(parser, line, &entry);
	if (strcmp(line->tokens[0].text, "set") == 0) {
		fault(parser, entry.line, entry.column, "remove the line", "set is reserved for a later version");
		return 0;
	}
	parse_transport(parser, &line->tokens[0], &entry);
	if (line->count > 1)
		parse_control(parser, &line->tokens[1], &entry);
	if (line->count > 2 && parse_module(parser, &line->tokens[2], &entry) < 0)
		return -ENOMEM;
	if (line->count < 3 && faults == parser->lexer.report->count)
		fault(parser, last->line, last->column, "write transport, control and module",
			line->count == 1 ? "the line ends after the transport" : "the line ends after the control");
	if (line->count > 3 && parse_arguments(parser, &line->tokens[3], line->count - 3, &entry) < 0)
		return -ENOMEM;
	return entry.module ? parser->entry(parser->data, &entry) : 0;
}

int ks_config_parse(const char *file, const char *text, size_t length, struct ks_arena *arena, ks_entry_fn *entry,
	void *data, struct ks_report *report)
{
	struct parser parser = {
		.lexer = {.file = file, .text = text, .length = length, .arena = arena, .report = report},
		.entry = entry,
		.data = data,
	};
	struct ks_line line = {0};
	int r = 0;

	while ((r = ks_lex_line(&parser.lexer, &line)) != 0) {
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			continue;
		r = parse_line(&parser, &line);
		if (r == -ENOMEM)
			(void)ks_report_fault(report, KS_ERROR, file, line.tokens[0].line, 0, "", "out of memory");
		if (r < 0)
			return r;
	}
	return 0;
}
