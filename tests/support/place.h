/* SPDX-License-Identifier: MIT */
/*
 * A folder with modules and stacks, for unit tests of contexts.
 */
#ifndef KEYSTILE_TESTS_PLACE_H
#define KEYSTILE_TESTS_PLACE_H

#include <keystile/keystile.h>

/* Where modules and stacks are. */
extern char place_folder[];

/* Makes the folder, with a link to each module: their paths are the arguments of main(). Returns 0 or -1. */
int place_make(int argc, char **argv);

/* Removes the folder and what is in it. To be the teardown of a group. Returns 0 or -1. */
int place_remove(void **state);

/* Writes the stack of a service, or any other file of the folder where `name` has a dot. */
void place_write(const char *name, const char *text);

/* Removes what place_write() wrote. */
void place_unlink(const char *name);

/* Options that open stacks of this folder. */
struct ks_open_options place_options(uint32_t flags);

#endif
