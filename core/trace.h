/* SPDX-License-Identifier: MIT */
/*
 * What became of each entry in one walk.
 */
#ifndef KEYSTILE_CORE_TRACE_H
#define KEYSTILE_CORE_TRACE_H

#include "core/arena.h"
#include "core/problem.h"
#include "core/stack.h"

/* What a walk notes of one entry. Text is copied. */
struct ks_note_of_step {
	enum ks_action action;
	enum ks_result result;
	int64_t microseconds;
	const char *source;               /* or NULL */
	const struct ks_problem *problem; /* or NULL */
};

/* A trace with a step for each entry of the stack, all of them unreached. Returns NULL when memory is short. */
struct ks_trace *ks_trace_new(const struct ks_stack *stack);

/* Returns 0, or -ENOMEM with the step as it was. */
int ks_trace_note(struct ks_trace *trace, unsigned index, const struct ks_note_of_step *note);

#endif
