/* SPDX-License-Identifier: MIT */
#include "core/lex.h"

#include <errno.h>
#include <string.h>

#include "core/text.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

enum {
	END = -1
};

/* One fault a logical line is enough: what follows it would be guesswork. */
static void fault(struct ks_lexer *lexer, size_t at, const char *remedy, const char *reason)
{
	unsigned line = 0, column = 0;

	if (lexer->bad)
		return;
	lexer->bad = true;
	ks_lex_place(lexer, at, &line, &column);
	(void)ks_report_fault(lexer->report, KS_MISCONFIGURED, lexer->file, line, column, remedy, "%s", reason);
}

void ks_lex_place(const struct ks_lexer *lexer, size_t at, unsigned *ret_line, unsigned *ret_column)
{
	unsigned line = 1;
	size_t start = 0;

	for (size_t i = 0; i < at && i < lexer->length; i++) {
		if (lexer->text[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	*ret_line = line;
	*ret_column = (unsigned)(at - start) + 1;
}

/* Looks at each character once, when the cursor comes to it. */
static void check_character(struct ks_lexer *lexer)
{
	const char *here = lexer->text + lexer->at;
	size_t left = lexer->length - lexer->at, size = ks_text_sequence(here, left);

	if (size == 0)
		fault(lexer, lexer->at, "save the file as UTF-8", "a byte that is not UTF-8");
	else if (*here == '\0')
		fault(lexer, lexer->at, "remove it", "a NUL byte");
	else if (*here == '\r')
		fault(lexer, lexer->at, "end lines with a line feed alone", "a carriage return");
	else if (left >= 3 && memcmp(here, BYTE_ORDER_MARK, 3) == 0)
		fault(lexer, lexer->at, "save the file without it", "a byte-order mark");
	else if (*here != '\n' && *here != '\t' && ks_text_printable(here, left) == 0)
		fault(lexer, lexer->at, "remove it", "a control character");
	lexer->checked = lexer->at + (size > 0 ? size : 1);
}

static int look(struct ks_lexer *lexer)
{
	if (lexer->at >= lexer->length)
		return END;
	if (lexer->at >= lexer->checked)
		check_character(lexer);
	return (unsigned char)lexer->text[lexer->at];
}

static void step(struct ks_lexer *lexer)
{
	if (lexer->text[lexer->at++] == '\n') {
		lexer->line++;
		lexer->line_start = lexer->at;
	}
}

/* A backslash with the line's end right behind it. */
static bool at_continuation(const struct ks_lexer *lexer)
{
	return lexer->at + 1 < lexer->length && lexer->text[lexer->at] == '\\' && lexer->text[lexer->at + 1] == '\n';
}

static bool at_blank(struct ks_lexer *lexer)
{
	int byte = look(lexer);

	return byte == ' ' || byte == '\t' || at_continuation(lexer);
}

static bool at_line_end(struct ks_lexer *lexer)
{
	int byte = look(lexer);

	return byte == END || byte == '\n';
}

static void skip_blanks(struct ks_lexer *lexer)
{
	while (!at_line_end(lexer) && at_blank(lexer)) {
		if (at_continuation(lexer)) {
			step(lexer);
			if (lexer->at + 1 == lexer->length)
				fault(lexer, lexer->at - 1, "remove it", "a backslash, and no line follows it");
		}
		step(lexer);
	}
}

static void skip_comment(struct ks_lexer *lexer)
{
	while (!at_line_end(lexer))
		step(lexer);
}

/* [result=next ...], blanks and continuations included. */
static void read_bracket(struct ks_lexer *lexer)
{
	size_t start = lexer->at;

	while (look(lexer) != ']') {
		if (at_line_end(lexer)) {
			fault(lexer, start, "end the column with ]", "the bracket is not closed");
			return;
		}
		if (at_continuation(lexer))
			step(lexer);
		step(lexer);
	}
	step(lexer);
	if (!at_line_end(lexer) && !at_blank(lexer))
		fault(lexer, lexer->at, "put a blank behind it", "text right behind the bracket");
}

/* "a b" with \" and \\; leaves the text in `buffer`, which has room for a line. */
static size_t read_quoted(struct ks_lexer *lexer, char *buffer)
{
	size_t start = lexer->at, length = 0;

	step(lexer);
	while (look(lexer) != '"') {
		if (at_line_end(lexer) || at_continuation(lexer)) {
			fault(lexer, start, "end the value with \"", "the quote is not closed");
			return length;
		}
		if (look(lexer) == '\\') {
			step(lexer);
			if (look(lexer) != '"' && look(lexer) != '\\') {
				fault(lexer, lexer->at - 1, "write \\\" or \\\\",
					"a backslash in quotes before another character");
				return length;
			}
		}
		if (length < KS_LINE_MAX)
			buffer[length++] = lexer->text[lexer->at];
		step(lexer);
	}
	step(lexer);
	if (!at_line_end(lexer) && !at_blank(lexer))
		fault(lexer, lexer->at, "put a blank behind it", "text right behind the closing quote");
	return length;
}

static void refuse_backslash(struct ks_lexer *lexer)
{
	if (lexer->at + 1 == lexer->length)
		fault(lexer, lexer->at, "remove it", "a backslash, and no line follows it");
	else
		fault(lexer, lexer->at, "quote the value, or end the line right behind it",
			"a backslash outside quotes");
}

static size_t read_plain(struct ks_lexer *lexer, char *buffer, bool stop_at_equals)
{
	size_t length = 0;

	while (!at_line_end(lexer) && !at_blank(lexer)) {
		if (stop_at_equals && look(lexer) == '=')
			break;
		if (look(lexer) == '"')
			fault(lexer, lexer->at, "quote values alone, and the whole of one, as in name=\"a b\"",
				stop_at_equals ? "a quote outside a value" : "a quote inside a value");
		if (look(lexer) == '\\')
			refuse_backslash(lexer);
		if (length < KS_LINE_MAX)
			buffer[length++] = lexer->text[lexer->at];
		step(lexer);
	}
	return length;
}

/* A continuation inside the brackets is a blank like any other; every byte keeps its offset. */
static void blank_continuations(char *text)
{
	while ((text = strstr(text, "\\\n"))) {
		*text++ = ' ';
		*text++ = ' ';
	}
}

static int read_token(struct ks_lexer *lexer, struct ks_token *ret_token)
{
	struct ks_token token = {.at = lexer->at, .line = lexer->line};
	char buffer[KS_LINE_MAX + 1], *text = NULL;
	size_t length = 0;
	bool is_bracket = look(lexer) == '[';

	token.column = (unsigned)(lexer->at - lexer->line_start) + 1;
	if (is_bracket) {
		read_bracket(lexer);
		text = ks_arena_copy(lexer->arena, lexer->text + token.at, lexer->at - token.at);
		if (text)
			blank_continuations(text);
	} else {
		length = read_plain(lexer, buffer, true);
		text = ks_arena_copy(lexer->arena, buffer, length);
	}
	if (!text)
		return -ENOMEM;
	token.text = text;
	if (!is_bracket && look(lexer) == '=') {
		step(lexer);
		token.value_line = lexer->line;
		token.value_column = (unsigned)(lexer->at - lexer->line_start) + 1;
		length = look(lexer) == '"' ? read_quoted(lexer, buffer) : read_plain(lexer, buffer, false);
		token.value = ks_arena_copy(lexer->arena, buffer, length);
		if (!token.value)
			return -ENOMEM;
	}
	*ret_token = token;
	return 0;
}

static int read_columns(struct ks_lexer *lexer, struct ks_line *line)
{
	struct ks_token token = {0};

	for (;;) {
		skip_blanks(lexer);
		if (look(lexer) == '#')
			skip_comment(lexer);
		if (at_line_end(lexer))
			return 0;
		token.at = lexer->at;
		if (read_token(lexer, &token) < 0)
			return -ENOMEM;
		if (line->count == KS_COLUMNS_MAX)
			fault(lexer, token.at, "use fewer", "more than 32 arguments");
		else
			line->tokens[line->count++] = token;
	}
}

int ks_lex_line(struct ks_lexer *lexer, struct ks_line *ret_line)
{
	size_t start = 0;

	if (lexer->line == 0)
		lexer->line = 1;
	ret_line->count = 0;
	while (lexer->at < lexer->length && ret_line->count == 0) {
		lexer->bad = false;
		start = lexer->at;
		if (read_columns(lexer, ret_line) < 0) {
			(void)ks_report_fault(
				lexer->report, KS_ERROR, lexer->file, lexer->line, 0, "", "out of memory");
			return -ENOMEM;
		}
		if (lexer->at - start > KS_LINE_MAX)
			fault(lexer, start, "split it", "the line has more than 4096 bytes");
		if (lexer->at < lexer->length)
			step(lexer);
		if (lexer->bad)
			return -EINVAL;
	}
	return ret_line->count > 0;
}
