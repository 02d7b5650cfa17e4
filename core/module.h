/* SPDX-License-Identifier: MIT */
/*
 * Modules: found in one directory, verified by their notes, loaded when first needed, never unloaded.
 */
#ifndef KEYSTILE_CORE_MODULE_H
#define KEYSTILE_CORE_MODULE_H

#include "core/identity.h"
#include "core/note.h"
#include "core/trust.h"

enum {
	KS_STRIDE_MAX = 4096 /* bytes from one element of a module's array to the next */
};

struct ks_module {
	struct ks_module *next;
	const char *name; /* "env" */
	const char *file; /* "env.so" */
	const char *path; /* the real path of what was verified */
	struct ks_identity identity;
	struct ks_manifest manifest;
	int verified; /* 0, or the negative errno of the first look, with `problem` */
	int loaded;   /* 1 when loaded, 0 not yet, else the negative errno of a failure that stays, with `problem` */
	struct ks_problem problem;
	const struct ks_provider *provider;
};

/* The modules a context knows. Each is verified once and loaded once, with its failure remembered. */
struct ks_modules {
	struct ks_arena *arena;
	struct ks_module *first;
};

/*
 * Verifies a module without running it: trust of file and folders, note, name. Returns it (the same pointer each
 * time) or NULL and *problem.
 */
struct ks_module *ks_module_find(struct ks_modules *modules, const char *name, struct ks_problem *problem);

/*
 * Loads a verified module and compares what was mapped with what was verified, and the descriptor with the note. The
 * loader maps by path: of a file that is put there in between, constructors run before the comparison ends in an
 * error, and nothing else does. (Who can put one there is trusted.)
 * Returns 0 or a negative errno with *problem (KS_ERROR). The caller holds the context's lock.
 */
int ks_module_load(struct ks_module *module, struct ks_problem *problem);

/*
 * The two halves of that. The first opens the file again under the same trust, and says whether it is still the one
 * that was verified: 0 and *ret_file, which the caller closes. The second maps what is open at `fd` into this
 * process, by the module's path, and compares: a worker does that with what its caller opened.
 */
int ks_module_reopen(const struct ks_module *module, struct ks_trusted *ret_file, struct ks_problem *problem);
int ks_module_map(struct ks_module *module, int fd, struct ks_problem *problem);

/*
 * Calls `found` for every NAME.so in the module directory, sorted by name: with its module, or with NULL and why it
 * could not be used. Returns 0 or a negative errno and *problem.
 */
int ks_modules_list(struct ks_modules *modules,
	void (*found)(void *data, const char *name, const struct ks_module *module, const struct ks_problem *problem),
	void *data, struct ks_problem *problem);

#endif
