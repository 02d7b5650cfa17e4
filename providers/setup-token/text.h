/* SPDX-License-Identifier: MIT */
/*
 * What people keep of `claude setup-token`: the token alone, in the lines a terminal broke it into, or with the words
 * that were printed around it.
 */
#ifndef KEYSTILE_SETUP_TOKEN_TEXT_H
#define KEYSTILE_SETUP_TOKEN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ks_setup_token {
	size_t length;      /* of the token */
	unsigned tokens;    /* how many begin in the text: 0, 1, or 2 for more */
	unsigned lines;     /* how many lines the token stands on */
	bool elsewhere;     /* none begins a line, and one stands within a line */
	bool has_tail;      /* on its line something follows that is no part of a token */
	bool bad_date;      /* there is a comment on the day, and it does not say one */
	int64_t created_at; /* the day in "# created YYYY-MM-DD", in seconds since the epoch; 0 for none */
};

/*
 * Looks for a token: at the beginning of a line, perhaps behind "CLAUDE_CODE_OAUTH_TOKEN=" and "export". With
 * `may_join`, and as long as it is shorter than KS_SETUP_TOKEN_LENGTH, lines that follow and consist of nothing but a
 * token's characters belong to it. `token` has room for `length` bytes, and gets those of the first one found. Never
 * fails.
 */
void ks_setup_token_find(
	const char *text, size_t length, bool may_join, char *token, struct ks_setup_token *ret_found);

#endif
