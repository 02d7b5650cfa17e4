/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <keystile/keystile.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "cli/message.h"
#include "core/config.h"
#include "core/url.h"

struct spec {
	enum option_bit bit;
	char letter;       /* 0 for none */
	const char *name;  /* the long form without its dashes, or NULL */
	const char *value; /* what stands behind it, or NULL for a flag */
	const char *help;
};

static const struct spec specs[] = {
	{OPTION_SERVICE, 's', NULL, "SERVICE", "whose stack to ask (default)"},
	{OPTION_TRANSPORT, 't', NULL, "api|cli|any", "which way the credential is to travel"},
	{OPTION_PAYER, 'p', NULL, "PAYER", "take no other payer than api, subscription or gateway"},
	{OPTION_FORMAT, 'f', NULL, "FORMAT", "secret, json, env, header or helper"},
	{OPTION_BASE_URL, 0, "base-url", "URL", "where the credential is going to be sent"},
	{OPTION_SHOW, 0, "show", NULL, "write to a terminal, too"},
	{OPTION_VERBOSE, 'v', NULL, NULL, "say more"},
	{OPTION_QUIET, 'q', NULL, NULL, "no notes and no warnings"},
	{OPTION_KEEP, 0, "keep", "NAME", "leave this variable alone (may be repeated)"},
	{OPTION_ALLOW_SHADOW, 0, "allow-shadow", NULL, "run even where a settings file could change the credential"},
	{OPTION_PRINT_CHANGES, 0, "print-env-changes", NULL, "print the names set and unset, and run nothing"},
	{OPTION_JSON, 0, "json", NULL, "print JSON"},
	{OPTION_CONFIG_DIR, 0, "config-dir", "DIR", "read configuration from here and nowhere else"},
	{OPTION_TIMEOUT, 0, "timeout", "DURATION", "for the whole request, such as 500ms, 3s or 1m"},
	{OPTION_HELP, 0, "help", NULL, "print this"},
	{OPTION_VERSION, 0, "version", NULL, "print the version"},
};

enum {
	SPEC_COUNT = sizeof(specs) / sizeof(specs[0]),
	NAME_ECHO_MAX = 32, /* of an unknown option: more could be a secret that was pasted */
	HELP_COLUMN = 26
};

/* A walk over the words of one command line. */
struct parser {
	struct options *options;
	const struct command *command;
	char **next;
};

int options_refuse(const char *command, const char *format, ...)
{
	const char *colon = *command ? ": " : "", *blank = *command ? " " : "";
	char text[KS_MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (strchr(text, ';'))
		message_error("%s%s%s", command, colon, text);
	else
		message_error("%s%s%s; see 'keystile%s%s --help'", command, colon, text, blank, command);
	return EX_USAGE;
}

static const char *parse_transport(struct options *options, const char *value)
{
	if (strcmp(value, "api") == 0)
		options->transports = KS_TRANSPORT_API;
	else if (strcmp(value, "cli") == 0)
		options->transports = KS_TRANSPORT_CLI;
	else if (strcmp(value, "any") == 0)
		options->transports = KS_TRANSPORT_API | KS_TRANSPORT_CLI;
	else
		return "takes api, cli or any";
	return NULL;
}

static const char *parse_payer(struct options *options, const char *value)
{
	static const enum ks_payer payers[] = {KS_PAYER_API, KS_PAYER_SUBSCRIPTION, KS_PAYER_GATEWAY};

	for (unsigned i = 0; i < sizeof(payers) / sizeof(payers[0]); i++) {
		if (strcmp(value, ks_payer_name(payers[i])) == 0) {
			options->payers = payers[i];
			return NULL;
		}
	}
	return "takes one of api, subscription and gateway";
}

static const char *parse_format(struct options *options, const char *value)
{
	static const char *const names[] = {
		[FORMAT_SECRET] = "secret",
		[FORMAT_JSON] = "json",
		[FORMAT_ENV] = "env",
		[FORMAT_HEADER] = "header",
		[FORMAT_HELPER] = "helper",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			options->format = i;
			return NULL;
		}
	}
	return "takes one of secret, json, env, header and helper";
}

static const char *parse_base_url(struct options *options, const char *value)
{
	const char *reason = NULL;

	if (ks_url_check(value, &reason) < 0)
		return reason;
	options->base_url = value;
	return NULL;
}

static const char *parse_timeout(struct options *options, const char *value)
{
	if (ks_duration_parse(value, &options->timeout_ms) < 0)
		return "takes a duration such as 500ms, 3s or 1m, of ten minutes at most";
	return NULL;
}

static const char *parse_keep(struct options *options, const char *value)
{
	if (*value == '\0' || strchr(value, '='))
		return "takes the name of a variable";
	if (options->keep_count == KEEP_MAX)
		return "was given too often";
	options->keep[options->keep_count++] = value;
	return NULL;
}

static const char *parse_config_dir(struct options *options, const char *value)
{
	char *cwd = NULL;
	int size = 0;

	if (*value == '\0')
		return "takes a directory";
	options->config_dir = value;
	if (*value == '/')
		return NULL;
	cwd = getcwd(NULL, 0);
	size = snprintf(options->config_dir_path, sizeof(options->config_dir_path), "%s/%s", cwd ? cwd : "", value);
	free(cwd);
	options->config_dir = options->config_dir_path;
	return cwd && size > 0 && (size_t)size < sizeof(options->config_dir_path)
		       ? NULL
		       : "takes a directory that has an absolute path";
}

/* Takes an option with its value. Returns NULL, or what is wrong with the value. */
static const char *take_value(struct options *options, enum option_bit bit, const char *value)
{
	switch (bit) {
	case OPTION_SERVICE:
		options->service = value;
		return NULL;
	case OPTION_TRANSPORT:
		return parse_transport(options, value);
	case OPTION_PAYER:
		return parse_payer(options, value);
	case OPTION_FORMAT:
		return parse_format(options, value);
	case OPTION_BASE_URL:
		return parse_base_url(options, value);
	case OPTION_KEEP:
		return parse_keep(options, value);
	case OPTION_CONFIG_DIR:
		return parse_config_dir(options, value);
	case OPTION_TIMEOUT:
		return parse_timeout(options, value);
	default:
		return "is not known";
	}
}

static const char *take_flag(struct options *options, enum option_bit bit)
{
	switch (bit) {
	case OPTION_SHOW:
		options->show = true;
		return NULL;
	case OPTION_VERBOSE:
		options->verbose = true;
		options->quiet = false;
		return NULL;
	case OPTION_QUIET:
		options->quiet = true;
		options->verbose = false;
		return NULL;
	case OPTION_ALLOW_SHADOW:
		options->allow_shadow = true;
		return NULL;
	case OPTION_PRINT_CHANGES:
		options->print_changes = true;
		return NULL;
	case OPTION_JSON:
		options->json = true;
		return NULL;
	case OPTION_HELP:
		options->help = true;
		return NULL;
	case OPTION_VERSION:
		options->version = true;
		return NULL;
	default:
		return "is not known";
	}
}

static const struct spec *find(const struct command *command, char letter, const char *name, size_t length)
{
	for (unsigned i = 0; i < SPEC_COUNT; i++) {
		const struct spec *spec = &specs[i];

		if (!(spec->bit & (command->options | OPTIONS_COMMON)))
			continue;
		if (letter ? spec->letter == letter
			   : spec->name && strlen(spec->name) == length && memcmp(spec->name, name, length) == 0)
			return spec;
	}
	return NULL;
}

/* --name, --name=VALUE, --name VALUE */
static int parse_long(struct parser *parser, const char *word)
{
	const char *command = parser->command->name, *reason = NULL;
	const char *equals = strchr(word, '='), *value = equals ? equals + 1 : NULL;
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	int echo = length < NAME_ECHO_MAX ? (int)length : NAME_ECHO_MAX;
	const struct spec *spec = find(parser->command, 0, word + 2, length - 2);

	if (!spec)
		return options_refuse(command, "%.*s: no such option", echo, word);
	if (!spec->value) {
		reason = value ? "takes no value" : take_flag(parser->options, spec->bit);
	} else {
		if (!value)
			value = *parser->next ? *parser->next++ : NULL;
		if (!value)
			return options_refuse(command, "--%s: %s is missing", spec->name, spec->value);
		reason = take_value(parser->options, spec->bit, value);
	}
	return reason ? options_refuse(command, "--%s: %s", spec->name, reason) : 0;
}

/* The value of a letter: what stands behind it in its word, else the next word. */
static const char *value_of_letter(struct parser *parser, const char *letter)
{
	if (letter[1])
		return letter + 1;
	return *parser->next ? *parser->next++ : NULL;
}

/* -vq, -sVALUE, -s VALUE */
static int parse_letters(struct parser *parser, const char *word)
{
	const char *command = parser->command->name, *reason = NULL, *value = NULL;
	const struct spec *spec = NULL;

	for (const char *letter = word + 1; *letter && !value; letter++) {
		spec = find(parser->command, *letter, NULL, 0);
		if (!spec)
			return options_refuse(command, "-%c: no such option", *letter);
		if (!spec->value) {
			reason = take_flag(parser->options, spec->bit);
		} else {
			value = value_of_letter(parser, letter);
			if (!value)
				return options_refuse(command, "-%c: %s is missing", *letter, spec->value);
			reason = take_value(parser->options, spec->bit, value);
		}
		if (reason)
			return options_refuse(command, "-%c: %s", *letter, reason);
	}
	return 0;
}

static int check_operands(const struct options *options, const struct command *command, bool dashed)
{
	switch (command->operands) {
	case OPERANDS_ANY:
		return 0;
	case OPERANDS_ONE:
		if (options->operand_count > 1)
			return options_refuse(command->name, "takes one name at most");
		return 0;
	case OPERANDS_COMMAND:
		if (options->operand_count == 0)
			return options_refuse(
				command->name, "%s is missing", *command->name ? "COMMAND" : "a sub-command");
		return 0;
	case OPERANDS_DASHED:
		if (options->operand_count > 0 && !dashed)
			return options_refuse(command->name, "takes a command only behind --");
		if (options->operand_count == 0 && dashed)
			return options_refuse(command->name, "COMMAND is missing behind --");
		return 0;
	case OPERANDS_NONE:
	default:
		if (options->operand_count > 0)
			return options_refuse(command->name, "takes options only");
		return 0;
	}
}

int options_parse(struct options *options, const struct command *command, char **arguments)
{
	struct parser parser = {.options = options, .command = command, .next = arguments};
	bool dashed = false, bare = false;

	/* Operands move to the front of the array, where the words that were options have been read already. */
	options->operands = arguments;
	options->operand_count = 0;
	while (*parser.next) {
		char *word = *parser.next;
		int status = 0;

		if (word[0] != '-' || word[1] == '\0') {
			if (command->operands == OPERANDS_COMMAND)
				break;
			parser.next++;
			arguments[options->operand_count++] = word;
			bare = true;
			continue;
		}
		parser.next++;
		if (strcmp(word, "--") == 0) {
			dashed = true;
			break;
		}
		status = word[1] == '-' ? parse_long(&parser, word) : parse_letters(&parser, word);
		if (status || options->help || options->version)
			return status;
	}
	while (*parser.next)
		arguments[options->operand_count++] = *parser.next++;
	arguments[options->operand_count] = NULL;
	return check_operands(options, command, dashed && !bare);
}

void options_help(uint32_t bits, struct output *output)
{
	for (unsigned i = 0; i < SPEC_COUNT; i++) {
		const struct spec *spec = &specs[i];
		char left[64];

		if (!(spec->bit & bits))
			continue;
		if (spec->letter)
			(void)snprintf(left, sizeof(left), "-%c %s", spec->letter, spec->value ? spec->value : "");
		else
			(void)snprintf(left, sizeof(left), "--%s %s", spec->name, spec->value ? spec->value : "");
		output_print(output, "  %-*s%s\n", HELP_COLUMN, left, spec->help);
	}
}

bool options_keeps(const struct options *options, const char *name)
{
	for (unsigned i = 0; i < options->keep_count; i++)
		if (strcmp(options->keep[i], name) == 0)
			return true;
	return false;
}
