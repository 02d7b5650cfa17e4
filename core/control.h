/* SPDX-License-Identifier: MIT */
/*
 * Control words: what the walk does after each result.
 */
#ifndef KEYSTILE_CORE_CONTROL_H
#define KEYSTILE_CORE_CONTROL_H

#include <keystile/keystile.h>

#include "core/problem.h"

struct ks_control {
	uint32_t next; /* one bit per result (1u << result) after which the walk goes on */
};

/*
 * Parses the second column: sufficient, binding, requisite, or [result=next result=fail default=...]. Returns 0, or
 * -EINVAL with a problem (KS_MISCONFIGURED) and *ret_offset, the place in `text` it is about.
 */
int ks_control_parse(
	const char *text, struct ks_control *ret_control, size_t *ret_offset, struct ks_problem *problem);

/* What the walk does after `result`: ok is done, misconfigured, error and any number not known is fail. */
enum ks_action ks_control_action(struct ks_control control, enum ks_result result);

#endif
