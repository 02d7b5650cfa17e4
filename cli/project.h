/* SPDX-License-Identifier: MIT */
/*
 * The folders whose `.claude` may count as the project's. claude takes the current one, the root of its git
 * repository and, in a linked worktree, the root of the main checkout. Which one it takes for a root depends on odd
 * `.git` entries, so more are named here: one too many stops exec too often, one too few sends a key astray.
 */
#ifndef KEYSTILE_CLI_PROJECT_H
#define KEYSTILE_CLI_PROJECT_H

#include <stdbool.h>

#include "cli/shadow.h"

struct project_root {
	struct project_root *next;
	const char *path; /* without a slash at its end: the system's root is the empty text */
};

/*
 * The current folder first, then each folder above that has a `.git` of whatever sort and each main checkout that
 * one of these leads to; none twice. `home` is left out where it is not the current folder, as claude does. The list
 * lives as long as `shadows`, to which every place that cannot be examined is added as a shadow of the project's.
 */
const struct project_root *project_roots(struct shadows *shadows, const char *home);

/* Whether two paths lead to the same existing file or folder. */
bool project_is_same(const char *a, const char *b);

#endif
