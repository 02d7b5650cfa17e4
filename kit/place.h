/* SPDX-License-Identifier: MIT */
/*
 * What is tested, and the private folder it is tested in: a copy of the module, and stacks with one entry.
 */
#ifndef KEYSTILE_KIT_PLACE_H
#define KEYSTILE_KIT_PLACE_H

#include <limits.h>
#include <stdbool.h>

#include "core/config.h"
#include "core/note.h"

/* Where a module can run. */
struct home {
	const char *name;    /* as in the report */
	const char *isolate; /* the value of @isolate, and the service whose stack says so */
	bool is_here;        /* in the process that asks */
};

struct kit {
	const char *module;     /* the path that was given */
	char name[KS_NAME_MAX]; /* the module's, by its file */
	char *const *options;   /* NAME=VALUE, up to a NULL */
	struct ks_arena arena;
	struct ks_manifest manifest; /* once the note was read */
};

/*
 * Makes the folder under TMPDIR or /tmp and copies the module there, so that the trust in its folders is not what is
 * tested. Returns 0; -EINVAL where the file is none, or not called NAME.so; or another negative errno.
 */
int place_make(struct kit *kit);

/* Removes the folder and all in it. */
void place_remove(void);

/* The folder; a file in it, in a buffer of PATH_MAX bytes. */
const char *place_folder(void);
void place_path(char path[PATH_MAX], const char *name);

/*
 * Writes the stack of a service: one entry with the options that were given. Of the option called `except` (or NULL)
 * it gives `value`, or nothing where that is NULL. Returns 0 or a negative errno.
 */
int place_write_stack(
	const struct kit *kit, const char *service, const char *isolate, const char *except, const char *value);

#endif
