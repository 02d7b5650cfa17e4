/* SPDX-License-Identifier: MIT */
/*
 * Standard output: collected in memory and written at the end, so that a command that fails has printed nothing.
 */
#ifndef KEYSTILE_CLI_OUTPUT_H
#define KEYSTILE_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct output {
	char *data;
	size_t length, capacity;
	bool is_secret; /* collected in secret memory, which is limited */
	bool failed;    /* memory ran short; output_write() says so */
};

#define OUTPUT_INIT                                                                                                  \
	{                                                                                                            \
		.is_secret = false                                                                                   \
	}
#define OUTPUT_INIT_SECRET                                                                                           \
	{                                                                                                            \
		.is_secret = true                                                                                    \
	}

void output_bytes(struct output *output, const char *bytes, size_t length);
void output_text(struct output *output, const char *text);

/* Not for secrets: printf(3) may keep a copy. */
void output_print(struct output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Writes everything and closes standard output, because some errors show only there. Returns 0, or EX_SOFTWARE with
 * the reason told. The output is empty afterwards.
 */
int output_write(struct output *output);

/* Wipes and frees what was collected. */
void output_finish(struct output *output);

#endif
