/* SPDX-License-Identifier: MIT */
/*
 * Which system calls a confined process may make, by seccomp.
 */
#ifndef KEYSTILE_WORKER_FILTER_H
#define KEYSTILE_WORKER_FILTER_H

#include <stdbool.h>

#include "core/problem.h"

/*
 * From here on, this process makes the calls listed in worker/calls.c, those of the network only where `network` is
 * set. A forbidden one is answered with EPERM and one that is not listed with ENOSYS; none ends the process. Needs no
 * new privileges to be set. Returns 0 or a negative errno.
 */
int ks_filter_apply(bool network, struct ks_problem *problem);

#endif
