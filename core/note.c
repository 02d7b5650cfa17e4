/* SPDX-License-Identifier: MIT */
#include "core/note.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/elfnote.h"
#include "core/text.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

#define REINSTALL "reinstall the package the module came with"
#define REBUILD "install the module's build for this machine and this version of keystile"

#define ALL_TRANSPORTS (KS_TRANSPORT_API | KS_TRANSPORT_CLI)
#define ALL_KINDS                                                                                                    \
	(KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN | KS_KIND_FEDERATED_TOKEN | KS_KIND_SETUP_TOKEN |                   \
		KS_KIND_STORED_LOGIN)

enum {
	MODULE_NAME_MAX = 64,
	OPTION_NAME_MAX = 32,
	VARIABLE_NAME_MAX = 128,
	FIELDS_MAX = 6, /* of a line: an option's */
	HEAD_SIZE_1_0 = offsetof(struct ks_note_head, text_size) + sizeof(uint32_t),
	FLAGS_KNOWN = KS_PROVIDER_NETWORK | KS_PROVIDER_REENTRANT, /* HEAP_SECRETS is reserved: not understood */
	FLAGS_NEEDED = 0xffff                                      /* bits that must be understood */
};

static const char *const type_names[] = {
	[KS_TYPE_STRING] = "STRING",
	[KS_TYPE_CHOICE] = "CHOICE",
	[KS_TYPE_PATH] = "PATH",
	[KS_TYPE_URL] = "URL",
	[KS_TYPE_VARIABLE] = "VARIABLE",
	[KS_TYPE_NUMBER] = "NUMBER",
	[KS_TYPE_DURATION] = "DURATION",
	[KS_TYPE_NAME] = "NAME",
};

const char *ks_option_type_name(uint32_t type)
{
	return type < sizeof(type_names) / sizeof(type_names[0]) ? type_names[type] : NULL;
}

/* A note in the making. */
struct parser {
	struct ks_arena *arena;
	struct ks_problem *problem;
	struct ks_manifest manifest;
	unsigned line;
	bool is_newer; /* made for a later minor version, which may have added to what we know */
};

/* A note that is not as KS_PROVIDER makes it. */
__attribute__((format(printf, 2, 3))) static int refuse(struct ks_problem *problem, const char *format, ...)
{
	char reason[KS_REASON_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	return ks_problem(problem, KS_MISCONFIGURED, REINSTALL, "the module's note is damaged: %s", reason);
}

static int refuse_memory(struct ks_problem *problem)
{
	return ks_problem_errno(problem, ENOMEM, "the module's note cannot be read");
}

static bool is_word(const char *text, const char *first, const char *rest, size_t max)
{
	size_t length = strlen(text);

	return length > 0 && length <= max && strchr(first, text[0]) && strspn(text, rest) == length;
}

static int take_name(struct parser *parser, char **fields)
{
	if (!is_word(fields[1], LOWER DIGITS, LOWER DIGITS "_-", MODULE_NAME_MAX))
		return refuse(parser->problem, "its name is not a module's name");
	parser->manifest.name = fields[1];
	return 0;
}

static int take_version(struct parser *parser, char **fields)
{
	if (!fields[1][0])
		return refuse(parser->problem, "its version is empty");
	parser->manifest.version = fields[1];
	return 0;
}

static int take_summary(struct parser *parser, char **fields)
{
	if (!fields[1][0])
		return refuse(parser->problem, "its summary is empty");
	parser->manifest.summary = fields[1];
	return 0;
}

/* The words of a CHOICE, separated by '|': one at least, none empty. */
static bool is_choice(const char *words)
{
	size_t length = strlen(words);

	return length > 0 && words[0] != '|' && words[length - 1] != '|' && !strstr(words, "||");
}

/* Type and flag of an option. Words of a later version cannot be done without: they say what a value may be. */
static int take_option_type(struct parser *parser, struct ks_option *option, const char *type, const char *flag)
{
	const char *known = NULL;

	do
		known = ks_option_type_name(++option->type);
	while (known && strcmp(known, type) != 0);
	if (!known)
		return ks_problem(parser->problem, KS_MISCONFIGURED, REBUILD,
			"the module's option %s has a type this version does not know (%.32s)", option->name, type);
	if (strcmp(flag, "REQUIRED") == 0)
		option->flags = KS_OPTION_REQUIRED;
	else if (strcmp(flag, "OPTIONAL") != 0)
		return ks_problem(parser->problem, KS_MISCONFIGURED, REBUILD,
			"the module's option %s is neither REQUIRED nor OPTIONAL", option->name);
	return 0;
}

static int take_option(struct parser *parser, char **fields)
{
	struct ks_manifest *manifest = &parser->manifest;
	struct ks_option option = {.name = fields[1], .fallback = fields[4], .help = fields[5]};
	int r = 0;

	if (manifest->option_count == KS_OPTIONS_MAX)
		return refuse(parser->problem, "it has more than %d options", KS_OPTIONS_MAX);
	if (!is_word(option.name, LOWER, LOWER DIGITS "-", OPTION_NAME_MAX))
		return refuse(parser->problem, "line %u does not name an option", parser->line);
	for (uint32_t i = 0; i < manifest->option_count; i++) {
		if (strcmp(manifest->options[i].name, option.name) == 0)
			return refuse(parser->problem, "it has option %s twice", option.name);
	}
	r = take_option_type(parser, &option, fields[2], fields[3]);
	if (r < 0)
		return r;
	if (option.type == KS_TYPE_CHOICE && !is_choice(option.fallback))
		return refuse(parser->problem, "option %s has no words to choose from", option.name);
	manifest->options[manifest->option_count++] = option;
	return 0;
}

static int take_variable(struct parser *parser, char **fields)
{
	struct ks_manifest *manifest = &parser->manifest;

	if (manifest->environment_count == KS_ENVIRONMENT_MAX)
		return refuse(parser->problem, "it has more than %d environment variables", KS_ENVIRONMENT_MAX);
	if (!is_word(fields[1], UPPER LOWER "_", UPPER LOWER DIGITS "_", VARIABLE_NAME_MAX))
		return refuse(parser->problem, "line %u does not name an environment variable", parser->line);
	for (uint32_t i = 0; i < manifest->environment_count; i++) {
		if (strcmp(manifest->environment[i], fields[1]) == 0)
			return refuse(parser->problem, "it has environment variable %s twice", fields[1]);
	}
	manifest->environment[manifest->environment_count++] = fields[1];
	return 0;
}

/* The first three are the first three lines; the others follow in any order. */
enum {
	LINES_FIXED = 3
};
static const struct {
	const char *word;
	unsigned fields;
	int (*take)(struct parser *parser, char **fields);
} lines[] = {
	{"name", 2, take_name},
	{"version", 2, take_version},
	{"summary", 2, take_summary},
	{"option", 6, take_option},
	{"environment", 2, take_variable},
};

/* Splits at tabs, in place. Returns how many fields there are, of which only FIELDS_MAX are kept. */
static unsigned split(char *line, char *fields[FIELDS_MAX])
{
	unsigned count = 0;
	char *next = line;

	while (next) {
		if (count < FIELDS_MAX)
			fields[count] = next;
		count++;
		next = strchr(next, '\t');
		if (next)
			*next++ = '\0';
	}
	return count;
}

static int take_line(struct parser *parser, char *line)
{
	char *fields[FIELDS_MAX] = {NULL};
	unsigned count = split(line, fields), kept = count < FIELDS_MAX ? count : FIELDS_MAX;
	const size_t known = sizeof(lines) / sizeof(lines[0]);
	size_t index = LINES_FIXED;

	for (unsigned i = 0; i < kept; i++) {
		if (!ks_text_is_printable(fields[i], strlen(fields[i])))
			return refuse(parser->problem, "line %u is not printable text", parser->line);
	}
	if (parser->line <= LINES_FIXED)
		index = parser->line - 1;
	else
		while (index < known && strcmp(lines[index].word, fields[0]) != 0)
			index++;
	if (index == known && parser->is_newer)
		return 0;
	if (index == known || strcmp(lines[index].word, fields[0]) != 0)
		return refuse(parser->problem, "line %u begins with a word that does not belong there", parser->line);
	if (count < lines[index].fields || (count > lines[index].fields && !parser->is_newer))
		return refuse(
			parser->problem, "line %u has %u fields, not %u", parser->line, count, lines[index].fields);
	return lines[index].take(parser, fields);
}

/* Room for as many options and variables as there are lines, within the limits. */
static int make_room(struct parser *parser, const char *text)
{
	struct ks_manifest *manifest = &parser->manifest;
	size_t count = 0;

	for (const char *line = text; *line && count < KS_OPTIONS_MAX && count < KS_ENVIRONMENT_MAX; count++)
		line = strchr(line, '\n') + 1;
	manifest->options = ks_arena_alloc(parser->arena, count * sizeof(*manifest->options));
	manifest->environment = ks_arena_alloc(parser->arena, count * sizeof(*manifest->environment));
	return manifest->options && manifest->environment ? 0 : refuse_memory(parser->problem);
}

/* `text` is the arena's: the manifest's texts are parts of it. */
static int parse_text(struct parser *parser, char *text)
{
	int r = make_room(parser, text);

	for (char *line = text, *end = NULL; r == 0 && *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		parser->line++;
		r = take_line(parser, line);
	}
	if (r == 0 && parser->line < LINES_FIXED)
		r = refuse(parser->problem, "it has no %s", lines[parser->line].word);
	return r;
}

static int check_head(const struct ks_note_head *head, struct ks_problem *problem)
{
	if (head->abi_major != KS_ABI_MAJOR)
		return ks_problem(problem, KS_MISCONFIGURED, REBUILD,
			"the module has version %u of the provider interface, and this keystile has version %d",
			head->abi_major, KS_ABI_MAJOR);
	if (head->flags & FLAGS_NEEDED & ~(uint32_t)FLAGS_KNOWN)
		return ks_problem(problem, KS_MISCONFIGURED, REBUILD,
			"the module has flags this version does not understand (0x%x)",
			head->flags & FLAGS_NEEDED & ~(uint32_t)FLAGS_KNOWN);
	if (!(head->transports & ALL_TRANSPORTS))
		return ks_problem(
			problem, KS_MISCONFIGURED, REBUILD, "the module has no transport that this version knows");
	if (!(head->kinds & ALL_KINDS))
		return ks_problem(problem, KS_MISCONFIGURED, REBUILD,
			"the module has no kind of credential that this version knows");
	return 0;
}

/* Takes as much of the head as both sides know, and finds the text behind it. */
static int read_head(const char *content, size_t size, struct ks_note_head *ret_head, const char **ret_text,
	struct ks_problem *problem)
{
	struct ks_note_head head = {0};
	uint32_t head_size = 0;

	if (size > KS_NOTE_MAX)
		return refuse(problem, "it has more than %d bytes", KS_NOTE_MAX);
	if (size >= HEAD_SIZE_1_0)
		memcpy(&head_size, content, sizeof(head_size));
	if (head_size < HEAD_SIZE_1_0 || head_size > size)
		return refuse(problem, "its head has a wrong size");
	memcpy(&head, content, head_size < sizeof(head) ? head_size : sizeof(head));
	if (head.text_size < 2 || head.text_size > size - head_size)
		return refuse(problem, "its text has a wrong size");
	content += head_size;
	if (memchr(content, '\0', head.text_size) != content + head.text_size - 1 ||
		content[head.text_size - 2] != '\n')
		return refuse(problem, "its text does not end where it should");
	*ret_head = head;
	*ret_text = content;
	return 0;
}

int ks_note_parse(const void *content, size_t size, struct ks_arena *arena, struct ks_manifest *ret_manifest,
	struct ks_problem *problem)
{
	struct parser parser = {.arena = arena, .problem = problem};
	struct ks_note_head head = {0};
	const char *text = NULL;
	char *copy = NULL;
	int r = read_head(content, size, &head, &text, problem);

	if (r == 0)
		r = check_head(&head, problem);
	if (r < 0)
		return r;
	parser.is_newer = head.abi_minor > KS_ABI_MINOR;
	parser.manifest.abi_major = head.abi_major;
	parser.manifest.abi_minor = head.abi_minor;
	parser.manifest.flags = head.flags;
	parser.manifest.transports = head.transports;
	parser.manifest.kinds = head.kinds;
	copy = ks_arena_copy(arena, text, head.text_size - 1);
	r = copy ? parse_text(&parser, copy) : refuse_memory(problem);
	if (r == 0)
		*ret_manifest = parser.manifest;
	return r;
}

int ks_note_read(int fd, struct ks_arena *arena, struct ks_manifest *ret_manifest, struct ks_problem *problem)
{
	const void *content = NULL;
	size_t size = 0;
	int r = ks_elf_find_note(fd, arena, &content, &size, problem);

	return r < 0 ? r : ks_note_parse(content, size, arena, ret_manifest, problem);
}
