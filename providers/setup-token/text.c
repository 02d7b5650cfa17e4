/* SPDX-License-Identifier: MIT */
#include "providers/setup-token/text.h"

#include <keystile/types.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define PREFIX "sk-ant-oat"
#define VARIABLE "CLAUDE_CODE_OAUTH_TOKEN="
#define CREATED "created"

enum {
	DATE_LENGTH = 10, /* of YYYY-MM-DD */
	YEAR_MIN = 2025   /* before that there were no such tokens */
};

/* A stretch of text: a line without its end and the blanks around it, or a part of one. */
struct span {
	const char *text;
	size_t length;
};

static bool is_blank(char character)
{
	return character == ' ' || character == '\t' || character == '\r';
}

static bool is_token_character(char character)
{
	return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
	       (character >= '0' && character <= '9') || character == '-' || character == '_';
}

static size_t count_token_characters(struct span span)
{
	size_t count = 0;

	while (count < span.length && is_token_character(span.text[count]))
		count++;
	return count;
}

static bool begins(struct span span, const char *word)
{
	const size_t length = strlen(word);

	return span.length >= length && memcmp(span.text, word, length) == 0;
}

static struct span skip(struct span span, size_t count)
{
	return (struct span){span.text + count, span.length - count};
}

static struct span trim(struct span span)
{
	while (span.length > 0 && is_blank(span.text[0]))
		span = skip(span, 1);
	while (span.length > 0 && is_blank(span.text[span.length - 1]))
		span.length--;
	return span;
}

/* Takes a line off the text. */
static struct span take_line(struct span *text)
{
	const char *end = memchr(text->text, '\n', text->length);
	const size_t length = end ? (size_t)(end - text->text) : text->length;
	const struct span line = {text->text, length};

	*text = skip(*text, end ? length + 1 : length);
	return trim(line);
}

/* The token that begins in a line, whole or its first part; empty where none does. */
static struct span token_in(struct span line)
{
	const struct span none = {line.text, 0};

	if (begins(line, "export "))
		line = trim(skip(line, strlen("export ")));
	if (begins(line, VARIABLE))
		line = skip(line, strlen(VARIABLE));
	if (line.length > 1 && (line.text[0] == '"' || line.text[0] == '\'') &&
		line.text[line.length - 1] == line.text[0])
		line = (struct span){line.text + 1, line.length - 2};
	return begins(line, PREFIX) ? line : none;
}

/* Whether a line goes on with a token that a terminal broke: no word of a sentence, no second token. */
static bool continues(struct span line)
{
	return line.length > 0 && count_token_characters(line) == line.length && !begins(line, PREFIX);
}

/* The number that `count` digits spell; -1 where one of them is none. */
static int parse_digits(const char *text, size_t count)
{
	int number = 0;

	for (size_t at = 0; at < count; at++) {
		if (text[at] < '0' || text[at] > '9')
			return -1;
		number = 10 * number + (text[at] - '0');
	}
	return number;
}

/* YYYY-MM-DD, a day that there is, as seconds since the epoch; 0 for anything else. */
static int64_t parse_day(struct span date)
{
	struct tm day = {0}, same = {0};
	time_t seconds = 0;

	if (date.length != DATE_LENGTH || date.text[4] != '-' || date.text[7] != '-')
		return 0;
	day.tm_year = parse_digits(date.text, 4) - 1900;
	day.tm_mon = parse_digits(date.text + 5, 2) - 1;
	day.tm_mday = parse_digits(date.text + 8, 2);
	if (day.tm_year < YEAR_MIN - 1900 || day.tm_mon < 0 || day.tm_mday < 1)
		return 0;
	same = day;
	seconds = timegm(&same); /* the 30th of February becomes another day */
	return same.tm_mon == day.tm_mon && same.tm_mday == day.tm_mday ? (int64_t)seconds : 0;
}

/* A comment on when the token was created; what follows the word is in *ret_date. */
static bool is_created(struct span line, struct span *ret_date)
{
	const size_t length = sizeof(CREATED) - 1;

	if (!begins(line, "#"))
		return false;
	line = trim(skip(line, 1));
	if (line.length < length || strncasecmp(line.text, CREATED, length) != 0)
		return false;
	line = skip(line, length);
	*ret_date = trim(begins(line, ":") ? skip(line, 1) : line);
	return true;
}

static bool has_digit(struct span span)
{
	for (size_t at = 0; at < span.length; at++)
		if (span.text[at] >= '0' && span.text[at] <= '9')
			return true;
	return false;
}

static void note_day(struct span line, struct ks_setup_token *found)
{
	struct span date = {0};
	int64_t day = 0;

	if (!is_created(line, &date))
		return;
	day = parse_day(date);
	if (day > 0 && found->created_at == 0)
		found->created_at = day;
	else if (has_digit(date)) /* "created by hand" says no day, and does not mean to */
		found->bad_date = true;
}

void ks_setup_token_find(
	const char *text, size_t length, bool may_join, char *token, struct ks_setup_token *ret_found)
{
	struct ks_setup_token found = {0};
	struct span left = {text, length};
	bool is_open = false; /* the next line may belong to the token */

	while (left.length > 0) {
		const struct span line = take_line(&left), part = token_in(line);
		const bool goes_on = is_open && continues(line);

		note_day(line, &found);
		if (part.length > 0 && found.tokens < 2)
			found.tokens++;
		if ((part.length > 0 && found.tokens == 1) || goes_on) {
			const struct span piece = goes_on ? line : part;

			found.has_tail = found.has_tail || count_token_characters(piece) < piece.length;
			memcpy(token + found.length, piece.text, piece.length);
			found.length += piece.length;
			found.lines++;
		}
		is_open = may_join && found.tokens == 1 && (part.length > 0 || goes_on) &&
			  found.length < KS_SETUP_TOKEN_LENGTH;
	}
	found.elsewhere = found.tokens == 0 && memmem(text, length, PREFIX, sizeof(PREFIX) - 1);
	*ret_found = found;
}
