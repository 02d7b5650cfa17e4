/* SPDX-License-Identifier: MIT */
/*
 * What a confined process may still read, by Landlock.
 */
#ifndef KEYSTILE_WORKER_LANDLOCK_H
#define KEYSTILE_WORKER_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/problem.h"
#include "worker/confine.h"

/*
 * Applies what the kernel's version of Landlock has, and puts these measures into *ret_measures (0 where it has
 * none). Needs no new privileges to be set. Returns 0 or a negative errno.
 */
int ks_landlock_apply(const struct ks_confine_rules *rules, uint32_t *ret_measures, struct ks_problem *problem);

/* See ks_confine_is_stale(). */
bool ks_landlock_is_stale(void);

#endif
