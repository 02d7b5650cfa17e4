/* SPDX-License-Identifier: MIT */
/*
 * What a worker may have of its caller's: only what the entry and the module's note name. A module that was taken
 * over cannot ask for more than the administrator wrote down.
 */
#ifndef KEYSTILE_CORE_GRANT_H
#define KEYSTILE_CORE_GRANT_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/host.h"

/*
 * The environment to start a worker with: the variables that the note declares, but for those that hold a credential
 * of Claude's (getenv() of the host serves them), and what the loader and TLS libraries need to find their files.
 * Returns 0 and *ret_environment, ended by NULL, in one block for ks_secret_free(); or a negative errno.
 */
int ks_grant_environment(const struct ks_manifest *manifest, char ***ret_environment);

/*
 * What the worker may read by itself, or beneath: the folders that path options of the entry, or their defaults, name
 * and that are there (where one names a file, the caller opens it); what the variables name by which the loader and
 * TLS libraries find their files; and the folders of certificates that declared variables name whose own names end in
 * _CAPATH. Calls `found` for each, KS_CONFINEMENT_PATHS_MAX times at most.
 */
void ks_grant_paths(const struct ks_stack_entry *entry, void (*found)(void *data, const char *path), void *data);

/*
 * Whether the call may have the file at `path` opened: one that a path option, its default, or a declared variable
 * names; or one beneath a folder that a path option or its default names, or a declared variable whose own name ends
 * in _DIR or _DIRECTORY. No part of such a path may be "..".
 */
bool ks_grant_file(struct ks_call *call, const char *path);

#endif
