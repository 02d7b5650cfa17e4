/* SPDX-License-Identifier: MIT */
/*
 * The program that is to be run: where it is, and what its name says about the credential it needs.
 */
#ifndef KEYSTILE_CLI_TARGET_H
#define KEYSTILE_CLI_TARGET_H

#include <limits.h>

#include "cli/walk.h"

struct target {
	char path[PATH_MAX]; /* as found, no link followed */
	const char *name;    /* the last component of it */
	bool is_claude;
};

/*
 * Looks `command` up as execvp(3) does: a name with a slash is taken as it is, any other is sought in PATH. Returns
 * 0, or EXIT_NOT_FOUND or EXIT_NOT_EXECUTABLE with the reason told.
 */
int target_find(struct target *target, const char *command);

/* The request exec makes for this program: the CLI's transport for `claude`, the API's for any other. */
void target_prepare(const struct target *target, struct walk *walk, const struct options *options);

#endif
