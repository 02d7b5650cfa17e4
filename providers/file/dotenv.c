/* SPDX-License-Identifier: MIT */
#include "providers/file/dotenv.h"

#include <errno.h>
#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define NAME_CHARACTERS LETTERS "0123456789.-"
#define BLANKS " \t"
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

bool ks_dotenv_is_name(const char *name)
{
	return name[0] && strchr(LETTERS, name[0]) && name[strspn(name, NAME_CHARACTERS)] == '\0';
}

/* A walk over the text. `end` holds a NUL, so that a search for a set of characters ends there. */
struct reader {
	char *at, *end;
	unsigned line;
	const char *reason; /* of the first fault */
};

static bool fail(struct reader *reader, const char *reason)
{
	reader->reason = reason;
	return false;
}

static void skip_blanks(struct reader *reader)
{
	reader->at += strspn(reader->at, BLANKS);
}

/* Whether a line ends here; a carriage return before its line feed belongs to that. */
static bool is_line_end(const struct reader *reader)
{
	const char *at = reader->at;

	return at == reader->end || *at == '\n' || (*at == '\r' && (at + 1 == reader->end || at[1] == '\n'));
}

static void go_to_line_end(struct reader *reader)
{
	while (!is_line_end(reader))
		reader->at++;
}

static void take_line_end(struct reader *reader)
{
	reader->at += *reader->at == '\r';
	reader->at += *reader->at == '\n';
	reader->line++;
}

/* What may stand behind a value: nothing, or a comment. */
static bool finish_line(struct reader *reader)
{
	skip_blanks(reader);
	if (*reader->at == '#')
		go_to_line_end(reader);
	return is_line_end(reader) || fail(reader, "has text behind a closing quote");
}

/* The quote is taken. In double quotes a backslash keeps the next character from ending the value. */
static bool read_quoted(struct reader *reader, struct ks_dotenv_variable *raw)
{
	const char stops[] = {raw->quote, '\n', raw->quote == '"' ? '\\' : '\0', '\0'};

	for (;;) {
		reader->at += strcspn(reader->at, stops);
		if (reader->at == reader->end)
			break;
		if (*reader->at == raw->quote) {
			raw->length = (size_t)(reader->at++ - raw->value);
			return true;
		}
		reader->line += *reader->at == '\n';
		reader->at += *reader->at == '\\' && reader->at[1] != '\n' && reader->at + 1 < reader->end ? 2 : 1;
	}
	reader->line = raw->line;
	return fail(reader, "opens a quote that nothing closes");
}

/* Up to the line's end, or a blank and a '#'. Blanks at the end do not count. */
static bool read_plain(struct reader *reader, struct ks_dotenv_variable *raw)
{
	const char *last = reader->at;

	for (; !is_line_end(reader); reader->at++) {
		if (*reader->at == '#' && (reader->at == raw->value || strchr(BLANKS, reader->at[-1])))
			break;
		if (!strchr(BLANKS, *reader->at))
			last = reader->at + 1;
	}
	raw->length = (size_t)(last - raw->value);
	go_to_line_end(reader);
	if (raw->length > 0 && last[-1] == '\\')
		return fail(reader, "ends with a backslash, behind which some readers go on with the next line");
	return true;
}

static bool read_value(struct reader *reader, struct ks_dotenv_variable *raw)
{
	skip_blanks(reader);
	raw->value = reader->at;
	raw->line = reader->line;
	if (*reader->at != '"' && *reader->at != '\'') {
		return read_plain(reader, raw);
	}
	raw->quote = *reader->at++;
	raw->value++;
	return read_quoted(reader, raw) && finish_line(reader);
}

static bool read_name(struct reader *reader, const char **ret_name, size_t *ret_length)
{
	static const char export[] = "export";
	const size_t size = sizeof(export) - 1;

	if (strncmp(reader->at, export, size) == 0 && reader->at[size] && strchr(BLANKS, reader->at[size])) {
		reader->at += size;
		skip_blanks(reader);
	}
	*ret_name = reader->at;
	*ret_length = strspn(reader->at, NAME_CHARACTERS);
	if (*ret_length == 0 || !strchr(LETTERS, *reader->at))
		return fail(reader, "is no NAME=VALUE");
	reader->at += *ret_length;
	skip_blanks(reader);
	if (*reader->at != '=')
		return fail(reader, "is no NAME=VALUE");
	reader->at++;
	return true;
}

/* The character that an escape in double quotes stands for; 0 where it is none. */
static char unescape(char letter)
{
	static const char letters[] = "nrt\"\\$", characters[] = "\n\r\t\"\\$";
	const char *found = letter ? strchr(letters, letter) : NULL;

	if (!found)
		return '\0';
	return characters[found - letters];
}

/* Decodes in place. A shell would expand what stands behind '$' or in back quotes: what is meant is not known. */
static const char *decode(struct ks_dotenv_variable *raw)
{
	char *out = raw->value;
	size_t at;

	if (raw->quote == '\'') {
		out += raw->length;
		*out = '\0';
		return NULL;
	}
	for (at = 0; at < raw->length; at++) {
		char character = raw->value[at];

		if (character == '$' || character == '`')
			return "has a $ or a back quote that no single quotes enclose, and nothing is expanded here";
		if (!raw->quote && strchr("\\'\"#", character))
			return "has a quote, a backslash or a # within a value that no quotes enclose";
		if (raw->quote && character == '\\') {
			character = unescape(raw->value[++at]);
			if (!character)
				return "has a backslash in double quotes that makes no escape";
		}
		*out++ = character;
	}
	*out = '\0';
	raw->length = (size_t)(out - raw->value);
	return NULL;
}

static bool read_line(struct reader *reader, struct ks_dotenv_variable *variables, size_t count)
{
	struct ks_dotenv_variable found = {0};
	size_t length = 0;

	skip_blanks(reader);
	if (*reader->at == '#' || *reader->at == ';')
		go_to_line_end(reader);
	if (is_line_end(reader))
		return true;
	if (!read_name(reader, &found.name, &length) || !read_value(reader, &found))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strlen(variables[i].name) != length || memcmp(variables[i].name, found.name, length) != 0)
			continue;
		if (variables[i].value) {
			reader->line = found.line;
			return fail(reader, "sets a variable again that an earlier line has set");
		}
		found.name = variables[i].name;
		variables[i] = found;
	}
	return true;
}

static void read_lines(struct reader *reader, struct ks_dotenv_variable *variables, size_t count)
{
	while (reader->at < reader->end && read_line(reader, variables, count))
		take_line_end(reader);
}

static void refuse_nul(struct reader *reader)
{
	for (; *reader->at; reader->at++)
		reader->line += *reader->at == '\n';
	(void)fail(reader, "has a NUL byte");
}

/* Only when all is read: a decoded value ends with a NUL, which may stand where a line ended. */
static void decode_all(struct reader *reader, struct ks_dotenv_variable *variables, size_t count)
{
	for (size_t i = 0; i < count && !reader->reason; i++) {
		if (!variables[i].value)
			continue;
		reader->line = variables[i].line;
		reader->reason = decode(&variables[i]);
	}
}

int ks_dotenv_read(char *text, size_t length, struct ks_dotenv_variable *variables, size_t count,
	struct ks_dotenv_fault *ret_fault)
{
	struct reader reader = {.at = text, .end = text + length, .line = 1};

	text[length] = '\0';
	for (size_t i = 0; i < count; i++)
		variables[i].value = NULL;
	if (strlen(text) < length)
		refuse_nul(&reader);
	else if (strncmp(text, BYTE_ORDER_MARK, sizeof(BYTE_ORDER_MARK) - 1) == 0)
		(void)fail(&reader, "begins with a byte order mark");
	else
		read_lines(&reader, variables, count);
	decode_all(&reader, variables, count);
	if (!reader.reason)
		return 0;
	*ret_fault = (struct ks_dotenv_fault){.line = reader.line, .reason = reader.reason};
	return -EINVAL;
}
