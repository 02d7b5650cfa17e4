/* SPDX-License-Identifier: MIT */
/*
 * providers/setup-token/text.c: a token is made of pieces of the text and of nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "providers/setup-token/text.h"

#define PREFIX "sk-ant-oat"
#define TOKEN_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

enum {
	DAY_S = 86400
};
#define YEAR_2025_S INT64_C(1735689600)

/* The token is copied without its NUL into a block of `length` bytes, as the provider does it. */
static struct ks_setup_token find(const char *text, size_t length, bool may_join, char **ret_token)
{
	struct ks_setup_token found = {0};
	char *room = fuzz_block(NULL, length);

	ks_setup_token_find(text, length, may_join, room, &found);
	PROPERTY(found.length <= length);
	*ret_token = fuzz_string(room, found.length);
	free(room);
	return found;
}

static void check_token(const char *text, size_t length, const struct ks_setup_token *found, const char *token)
{
	PROPERTY(strncmp(token, PREFIX, sizeof(PREFIX) - 1) == 0);
	PROPERTY(!memchr(token, '\n', strlen(token)));
	PROPERTY(found->lines >= 1 && found->lines <= fuzz_lines(text, length));
	PROPERTY(found->lines > 1 || memmem(text, length, token, strlen(token)));
	PROPERTY(found->has_tail || strlen(token) == found->length);
	PROPERTY(found->has_tail || strspn(token, TOKEN_CHARACTERS) == found->length);
	PROPERTY(!found->elsewhere);
}

/* In each of the ways people keep one, alone on its line, a token is found as it is. */
static void check_again(const char *token)
{
	static const char *const ways[][2] = {
		{"", ""},
		{"\"", "\""},
		{"CLAUDE_CODE_OAUTH_TOKEN=", "\r\n"},
		{"# created by hand\n\texport  CLAUDE_CODE_OAUTH_TOKEN='", "' \n"},
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct ks_setup_token again = {0};
		char *text = NULL, *token_again = NULL;
		size_t size = 0;
		FILE *stream = fuzz_stream(&text, &size);

		(void)fprintf(stream, "%s%s%s", ways[i][0], token, ways[i][1]);
		(void)fclose(stream);
		again = find(text, size, true, &token_again);
		PROPERTY(again.tokens == 1 && again.lines == 1 && again.length == strlen(token));
		PROPERTY(!again.has_tail && !again.bad_date && again.created_at == 0);
		PROPERTY(strcmp(token_again, token) == 0);
		free(token_again);
		free(text);
	}
}

static void check(const char *text, size_t length, bool may_join)
{
	char *token = NULL;
	const struct ks_setup_token found = find(text, length, may_join, &token);

	PROPERTY(found.tokens <= 2);
	PROPERTY(found.tokens > 0 || (found.length == 0 && found.lines == 0));
	PROPERTY(found.tokens > 0 || found.elsewhere == !!memmem(text, length, PREFIX, sizeof(PREFIX) - 1));
	PROPERTY(found.lines <= 1 || may_join);
	PROPERTY(found.created_at == 0 || (found.created_at >= YEAR_2025_S && found.created_at % DAY_S == 0));
	if (found.tokens > 0)
		check_token(text, length, &found, token);
	if (found.tokens > 0 && !found.has_tail)
		check_again(token);
	fuzz_tell("%zu %u %u %d %d %d %lld\n", found.length, found.tokens, found.lines, found.elsewhere,
		found.has_tail, found.bad_date, (long long)found.created_at);
	free(token);
}

void fuzz_target(char *bytes, size_t length)
{
	check(bytes, length, false);
	check(bytes, length, true);
}
