/* SPDX-License-Identifier: MIT */
/*
 * The folders whose `.claude` counts as the project's: the current one, the root of its git repository and, for a
 * linked worktree, the root of the main checkout.
 */
#ifndef KEYSTILE_CLI_PROJECT_H
#define KEYSTILE_CLI_PROJECT_H

#include <limits.h>
#include <stdbool.h>

enum {
	PROJECT_ROOTS_MAX = 3
};

struct project {
	char roots[PROJECT_ROOTS_MAX][PATH_MAX]; /* the current folder first; no folder twice */
	unsigned count;
};

/*
 * `home` is left out where it is the root of a repository and not the current folder, as claude does. Returns 0, or
 * -1 where the current folder cannot be named.
 */
int project_find(struct project *project, const char *home);

/* Whether two paths lead to the same existing file or folder. */
bool project_is_same(const char *a, const char *b);

#endif
