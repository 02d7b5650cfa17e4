/* SPDX-License-Identifier: MIT */
/*
 * The environment of the program that is run: ours, without whatever could make another credential win, with what
 * carries this one.
 */
#ifndef KEYSTILE_CLI_CHILD_H
#define KEYSTILE_CLI_CHILD_H

#include <keystile/keystile.h>

#include "cli/options.h"

struct child {
	char **environment; /* for execve(2) */
	char *secrets;      /* the text of what is set, in secret memory; the rest is this process's own */
};

/*
 * Returns 0 and an environment that outlives the credential, or EX_SOFTWARE with the reason told. child_finish() in
 * both cases.
 */
int child_prepare(struct child *child, const struct ks_credential *credential, const struct options *options);
void child_finish(struct child *child);

/* Names on standard error each variable that is taken away and had selected another credential, gateway or cloud. */
void child_tell_changes(const struct ks_credential *credential, const struct options *options);

/* Writes `set NAME` and `unset NAME` for every variable concerned, present or not. */
void child_list_changes(struct output *output, const struct ks_credential *credential, const struct options *options);

#endif
