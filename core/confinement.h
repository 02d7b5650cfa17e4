/* SPDX-License-Identifier: MIT */
/*
 * The measures that confine a worker, as bits: the worker applies them (worker/confine.h) and reports those in
 * effect, the caller and the command name them and say which of them this kernel cannot give.
 */
#ifndef KEYSTILE_CORE_CONFINEMENT_H
#define KEYSTILE_CORE_CONFINEMENT_H

#include <stdbool.h>
#include <stdint.h>

/* The worker reports these numbers to its caller: one that was given stays. */
enum ks_measure {
	KS_MEASURE_PRIVILEGES = 1 << 0,
	KS_MEASURE_CAPABILITIES = 1 << 1,
	KS_MEASURE_DUMP = 1 << 2,
	KS_MEASURE_LIMITS = 1 << 3,
	KS_MEASURE_MEMORY = 1 << 4,
	KS_MEASURE_CALLS = 1 << 5,
	KS_MEASURE_SOCKETS = 1 << 6,
	KS_MEASURE_FILES = 1 << 7,
	KS_MEASURE_PORTS = 1 << 8,
	KS_MEASURE_SCOPE = 1 << 9
};

enum {
	KS_CONFINEMENT_PATHS_MAX = 64 /* folders and files that an entry adds to those which every worker may read */
};

/* Versions of Landlock, by what came with them. */
enum ks_landlock_version {
	KS_LANDLOCK_FILES = 1,
	KS_LANDLOCK_REFER = 2,
	KS_LANDLOCK_TRUNCATE = 3,
	KS_LANDLOCK_PORTS = 4,
	KS_LANDLOCK_DEVICES = 5,
	KS_LANDLOCK_SCOPE = 6
};

struct ks_measure_words {
	enum ks_measure bit;
	const char *name; /* one word, for a list */
	const char *help; /* what it keeps the module from, without a full stop */
};

/* The measures in the order in which a list has them; NULL behind the last. */
const struct ks_measure_words *ks_measure_at(unsigned index);

/* What a worker is to run under where the kernel has all of it. A module of the network has sockets. */
uint32_t ks_measures_wanted(bool network);

/*
 * What this kernel can give this process. Asks it and changes nothing. That a filter of the process's own keeps a
 * measure away is no different from a kernel that lacks it.
 */
uint32_t ks_measures_available(void);

/* The version of Landlock that the kernel has; 0 for none. */
int ks_landlock_version(void);

#endif
