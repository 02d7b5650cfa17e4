/* SPDX-License-Identifier: MIT */
/*
 * The walk: entry by entry until one delivers or a control word ends it.
 */
#ifndef KEYSTILE_CORE_WALK_H
#define KEYSTILE_CORE_WALK_H

#include "core/context.h"
#include "core/trace.h"

/* A request with every default filled in. */
struct ks_want {
	uint32_t transports, preferred, payers, kinds;
	int64_t start;    /* microseconds on CLOCK_MONOTONIC: when it was asked */
	int64_t deadline; /* milliseconds on the same clock */
	const char *command;
};

/* What a walk found. */
struct ks_finding {
	struct ks_credential *credential; /* or NULL */
	unsigned decider;                 /* the entry that delivered or decides; the stack's count where none does */
	enum ks_result result;            /* of the request: KS_NOT_CONFIGURED is "none" */
	struct ks_problem problem;        /* the decider's */
	unsigned char steps[KS_ENTRIES_MAX]; /* each entry's result, or KS_STEP_SKIPPED or KS_STEP_UNREACHED */
};

enum {
	KS_STEP_SKIPPED = 254,
	KS_STEP_UNREACHED = 255
};

/* Walks. `trace` may be NULL. Returns finding->result. Blocks up to the deadline. */
enum ks_result ks_walk(
	struct ks_context *context, const struct ks_want *want, struct ks_trace *trace, struct ks_finding *finding);

#endif
