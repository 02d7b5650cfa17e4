/* SPDX-License-Identifier: MIT */
/*
 * The sub-commands. Each takes its parsed options and returns the exit status; what went wrong has been told by then.
 */
#ifndef KEYSTILE_CLI_CLI_H
#define KEYSTILE_CLI_CLI_H

#include <sysexits.h>

#include "cli/options.h"

/* As env(1) has them; the others are those of sysexits.h. */
enum {
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127
};

int get_run(const struct options *options);
int exec_run(const struct options *options);
int explain_run(const struct options *options);
int check_run(const struct options *options);
int modules_run(const struct options *options);
int classify_run(const struct options *options);

#endif
