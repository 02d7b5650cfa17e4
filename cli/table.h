/* SPDX-License-Identifier: MIT */
/*
 * Rows of text in aligned columns. The last column is as long as it is.
 */
#ifndef KEYSTILE_CLI_TABLE_H
#define KEYSTILE_CLI_TABLE_H

#include <stdbool.h>

#include "cli/output.h"
#include "core/arena.h"

enum {
	TABLE_COLUMNS_MAX = 8
};

struct table_row;

struct table {
	unsigned columns;
	struct ks_arena arena;
	struct table_row *first, **last;
	unsigned width[TABLE_COLUMNS_MAX];
	bool failed;
};

void table_init(struct table *table, unsigned columns);

/* Copies `columns` cells; control characters become '?', an empty cell a '-'. */
void table_add(struct table *table, const char *const *cells);

/* Writes all rows, each with `indent` before it, and frees the table. */
void table_finish(struct table *table, const char *indent, struct output *output);

#endif
