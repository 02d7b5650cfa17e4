/* SPDX-License-Identifier: MIT */
/*
 * Files of NAME=VALUE lines, as shells, systemd and the dotenv libraries write them.
 */
#ifndef KEYSTILE_FILE_DOTENV_H
#define KEYSTILE_FILE_DOTENV_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a line can set a variable of this name: letters, digits, '_', '.' and '-', beginning with a letter or '_'.
 */
bool ks_dotenv_is_name(const char *name);

/* A variable that is looked for, and what was found. */
struct ks_dotenv_variable {
	const char *name;
	char *value; /* inside the text, NUL-terminated; NULL where no line sets it */
	size_t length;
	unsigned line; /* from 1 */
	char quote;    /* that the value stood in, or 0 */
};

/* Why a text is refused. */
struct ks_dotenv_fault {
	unsigned line;      /* from 1 */
	const char *reason; /* a phrase about the line, without any of it */
};

/*
 * Reads the whole text and fills `variables`. It knows blank lines and comments (# and ;), `export`, values in single
 * quotes (as they stand), in double quotes (with \n \r \t \" \\ \$) and without quotes (up to a blank and #); a
 * quoted value may go over several lines. Nothing is expanded: where a value that is looked for asks for that, it is
 * refused. `text` is changed, and text[length] must be writable. No allocation. Returns 0; or -EINVAL and *ret_fault
 * for a line that is no assignment, or a variable that is set twice.
 */
int ks_dotenv_read(char *text, size_t length, struct ks_dotenv_variable *variables, size_t count,
	struct ks_dotenv_fault *ret_fault);

#endif
