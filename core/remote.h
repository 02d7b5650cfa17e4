/* SPDX-License-Identifier: MIT */
/*
 * A module that runs in a worker, as one like any other: a descriptor whose functions reach it there.
 */
#ifndef KEYSTILE_CORE_REMOTE_H
#define KEYSTILE_CORE_REMOTE_H

#include <keystile/provider.h>

#include "core/problem.h"

/*
 * open() starts the entry's worker, and resolve() starts it again where it has ended meanwhile; the context's crew
 * ends it. The entry is that of the host's call; the state is its worker. Both return KS_OK or a failure, as a module
 * does.
 */
extern const struct ks_provider ks_remote_provider;

/* Whether the worker's program is there and may be trusted. Returns 0 or a negative errno and *problem. */
int ks_remote_check(struct ks_problem *problem);

#endif
