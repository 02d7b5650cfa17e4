/* SPDX-License-Identifier: MIT */
#include "cli/table.h"

#include <string.h>

#include "core/problem.h"

enum {
	GAP = 2 /* blanks between columns */
};

struct table_row {
	struct table_row *next;
	char *cells[TABLE_COLUMNS_MAX];
};

/* Characters, not bytes: continuation bytes of UTF-8 take no room. */
static unsigned width_of(const char *text)
{
	unsigned width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

void table_init(struct table *table, unsigned columns)
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	table->last = &table->first;
}

void table_add(struct table *table, const char *const *cells)
{
	struct table_row *row = ks_arena_alloc(&table->arena, sizeof(*row));

	if (!row)
		goto fail;
	for (unsigned i = 0; i < table->columns; i++) {
		const char *cell = cells[i] && *cells[i] ? cells[i] : "-";
		unsigned width = 0;

		row->cells[i] = ks_arena_copy(&table->arena, cell, strlen(cell));
		if (!row->cells[i])
			goto fail;
		ks_scrub(row->cells[i]);
		width = width_of(row->cells[i]);
		if (width > table->width[i])
			table->width[i] = width;
	}
	*table->last = row;
	table->last = &row->next;
	return;
fail:
	table->failed = true;
}

static void put_row(const struct table *table, const struct table_row *row, struct output *output)
{
	for (unsigned i = 0; i < table->columns; i++) {
		output_text(output, row->cells[i]);
		if (i + 1 == table->columns)
			break;
		for (unsigned blank = width_of(row->cells[i]); blank < table->width[i] + GAP; blank++)
			output_text(output, " ");
	}
	output_text(output, "\n");
}

void table_finish(struct table *table, const char *indent, struct output *output)
{
	for (const struct table_row *row = table->first; row; row = row->next) {
		output_text(output, indent);
		put_row(table, row, output);
	}
	if (table->failed)
		output->failed = true;
	ks_arena_finish(&table->arena);
}
