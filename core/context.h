/* SPDX-License-Identifier: MIT */
/*
 * A context: an opened stack, and what has been loaded and opened of it.
 */
#ifndef KEYSTILE_CORE_CONTEXT_H
#define KEYSTILE_CORE_CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/crew.h"
#include "core/host.h"
#include "core/stack.h"

enum ks_stage {
	KS_STAGE_FRESH = 0, /* not reached yet */
	KS_STAGE_OPEN,
	KS_STAGE_FAILED /* will not be tried again; `problem` says why */
};

/*
 * What has been done with one entry. In this process, load and open happen under the context's lock, and resolve
 * under this one; with a worker, which may take until the deadline, all happens under this one.
 */
struct ks_runtime {
	pthread_mutex_t lock;
	unsigned alerts;              /* that its module raised; under the context's lock */
	_Atomic(enum ks_stage) stage; /* once it is open, nothing below changes, and no lock is needed to read it */
	enum ks_result result;        /* of the failed stage */
	struct ks_problem *problem;
	void *state;
	atomic_bool is_stale; /* its last answer was refused: ask for a fresh one */
};

/* The answer the last audit line told, and how often it was given since. Lines are sent under the context's lock. */
struct ks_audit_state {
	_Atomic(uint64_t) digest; /* 0: no line yet */
	atomic_uint repeats;
	unsigned lost;
};

struct ks_context {
	uint64_t serial; /* of all contexts of this process, from 1 */
	pid_t *owner;    /* in memory that fork wipes: 0 in a child */
	pthread_mutex_t lock;
	struct ks_stack stack;
	struct ks_runtime *runtimes; /* as many as entries */
	struct ks_crew crew;
	struct ks_log log;
	dev_t root_device;
	ino_t root_inode;
	struct ks_audit_state audit;
};

/* The stack the context opened; lives as long as the context and never changes. */
const struct ks_stack *ks_context_stack(const struct ks_context *context);

/* Whether this process opened the context: false in a child of fork. */
bool ks_context_is_own(const struct ks_context *context);

/*
 * Whether "/" is what it was when the context was opened: in another root lies what somebody else wrote, so nothing
 * is loaded or started from there. Returns 0 or a negative errno and *problem.
 */
int ks_context_check_root(const struct ks_context *context, struct ks_problem *problem);

/* Waits for a lock until a deadline (milliseconds on CLOCK_MONOTONIC). Returns 0 or a negative errno. */
int ks_context_lock(pthread_mutex_t *lock, int64_t deadline);

/*
 * Loads the module of entry `index` and opens its state, once. Returns KS_OK, or the result and *problem; with
 * *ret_argument the option the module refused (or NULL). Takes a lock, but for an entry that is open. What is done in
 * a worker ends at the deadline.
 */
enum ks_result ks_context_prepare(struct ks_context *context, unsigned index, int64_t deadline,
	struct ks_problem *problem, const struct ks_argument **ret_argument);

#endif
