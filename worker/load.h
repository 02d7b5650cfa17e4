/* SPDX-License-Identifier: MIT */
/*
 * How a worker comes by its module: it is opened, then the process is confined, then the module is mapped.
 */
#ifndef KEYSTILE_WORKER_LOAD_H
#define KEYSTILE_WORKER_LOAD_H

#include "core/module.h"
#include "worker/confine.h"

/*
 * The module has its path and its identity; the rest is filled in. Of the rules, those that follow from the module's
 * note are not looked at. No code of the module runs before the process is confined, which it may be as well where
 * this fails, and before `confined` was told of it. Returns 0, what `confined` returned, or another negative errno
 * with *problem.
 */
int ks_load(struct ks_module *module, struct ks_arena *arena, const struct ks_confine_rules *rules,
	int (*confined)(void *data, uint32_t measures), void *data, struct ks_problem *problem);

#endif
