/* SPDX-License-Identifier: MIT */
/*
 * The workers of a context: one for each entry that runs in one, at most KS_WORKERS_MAX alive. Who needs one more has
 * an idle one retired, the longest idle first, or waits until one is.
 */
#ifndef KEYSTILE_CORE_CREW_H
#define KEYSTILE_CORE_CREW_H

#include <pthread.h>

#include "core/worker.h"

enum {
	KS_WORKERS_MAX = 16
};

struct ks_crew {
	struct ks_context *context;
	pthread_mutex_t lock;
	pthread_cond_t changed; /* a worker became idle, or ended */
	unsigned alive;
	struct ks_worker *workers; /* one for each isolated entry, none alive at first */
	unsigned count;
};

/* Gives every isolated entry of the context's stack its worker; starts none. Returns 0 or a negative errno. */
int ks_crew_init(struct ks_crew *crew, struct ks_context *context);

/* Ends every worker that is alive, all at once, and frees. All zeros is allowed. */
void ks_crew_finish(struct ks_crew *crew);

/* In a child of fork: lets go of the parent's workers without a word. */
void ks_crew_abandon(struct ks_crew *crew);

/*
 * Makes the worker the calling thread's until ks_crew_release(), and where it is not alive, makes room for it.
 * Returns 0, or -ETIMEDOUT where the deadline (milliseconds on CLOCK_MONOTONIC) passed before that. Safe in threads.
 */
int ks_crew_claim(struct ks_worker *worker, int64_t deadline);
void ks_crew_release(struct ks_worker *worker);

#endif
