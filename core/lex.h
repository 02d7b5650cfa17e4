/* SPDX-License-Identifier: MIT */
/*
 * From bytes to columns: logical lines of a configuration file, cut into tokens that know their place.
 */
#ifndef KEYSTILE_CORE_LEX_H
#define KEYSTILE_CORE_LEX_H

#include "core/arena.h"
#include "core/report.h"

enum {
	KS_LINE_MAX = 4096,    /* bytes of a logical line */
	KS_ARGUMENTS_MAX = 32, /* of one entry */
	KS_COLUMNS_MAX = 3 + KS_ARGUMENTS_MAX
};

/* One column. Text lives in the arena. */
struct ks_token {
	const char *text;      /* as written; of NAME=VALUE the name */
	const char *value;     /* without its quotes; NULL where there is no '=' or the token is a bracket */
	size_t at;             /* bytes from the start of the file */
	unsigned line, column; /* from 1; the column in bytes of the physical line */
	unsigned value_line, value_column;
};

struct ks_lexer {
	const char *file;
	const char *text;
	size_t length;
	struct ks_arena *arena;
	struct ks_report *report;

	/* Private: where it stands. */
	size_t at, line_start, checked;
	unsigned line;
	bool bad; /* this logical line has a fault already */
};

struct ks_line {
	struct ks_token tokens[KS_COLUMNS_MAX];
	unsigned count;
};

/*
 * Reads the next logical line that is not empty. Returns 1 with at least one token; 0 at the end; -EINVAL for a line
 * with a fault, which was reported and passed over (go on); -ENOMEM (reported).
 */
int ks_lex_line(struct ks_lexer *lexer, struct ks_line *ret_line);

/* The place of a byte of the file. */
void ks_lex_place(const struct ks_lexer *lexer, size_t at, unsigned *ret_line, unsigned *ret_column);

#endif
