/* SPDX-License-Identifier: MIT */
/*
 * Takes from a process all that a module does not need. What each measure is for stands in core/confinement.h; what
 * a module may still call in worker/calls.c, and what it may still read in worker/landlock.c.
 */
#ifndef KEYSTILE_WORKER_CONFINE_H
#define KEYSTILE_WORKER_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/problem.h"

enum ks_confine_limits {
	KS_CONFINE_DESCRIPTORS = 64,
	KS_CONFINE_MEMORY_GIB = 2
};

/* The texts stay as they are for as long as the process runs. */
struct ks_confine_rules {
	bool network;       /* the module may have sockets */
	bool limits_memory; /* false in sanitizer builds, which map terabytes */
	const char *module; /* its path: its folder can be read */
	const char *const
		*paths;      /* what the entry adds (core/grant.h): files, and folders that are readable beneath */
	unsigned path_count; /* at most KS_CONFINEMENT_PATHS_MAX */
};

/*
 * Confines this process for good. It has one thread, and no code of the module has run. *ret_measures are the bits of
 * `enum ks_measure` in effect: a measure that the kernel lacks is not among them. One that the kernel has and that
 * cannot be applied is an error, after which the process is of no use and ends. Returns 0 or a negative errno.
 *
 * The parent-death signal, the signal mask and open descriptors stay as they are. In a confined process fork(2) is
 * refused, so LeakSanitizer cannot search it: it ends by _exit(2).
 */
int ks_confine(const struct ks_confine_rules *rules, uint32_t *ret_measures, struct ks_problem *problem);

/*
 * Whether a file or folder that could be read, or was absent, once the process was confined has been put there anew:
 * Landlock knows what was there, not its name. Such a process asks to be started anew before its next request. Never
 * so right after ks_confine(). Of the system's files only where the module has sockets, for it is they that change:
 * some thirty calls of open(2).
 */
bool ks_confine_is_stale(void);

#endif
