/* SPDX-License-Identifier: MIT */
#include "core/crew.h"

#include <errno.h>
#include <stdlib.h>

#include "core/context.h"
#include "core/process.h"

static int init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	int r = pthread_condattr_init(&attributes);

	if (r != 0)
		return -r;
	r = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (r == 0)
		r = pthread_cond_init(condition, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return -r;
}

int ks_crew_init(struct ks_crew *crew, struct ks_context *context)
{
	struct ks_stack *stack = &context->stack;
	unsigned count = 0;
	int r = 0;

	for (unsigned i = 0; i < stack->count; i++)
		count += stack->entries[i].is_isolated;
	if (count == 0)
		return 0;
	r = init_condition(&crew->changed);
	if (r < 0)
		return r;
	crew->workers = calloc(count, sizeof(*crew->workers));
	if (!crew->workers) {
		(void)pthread_cond_destroy(&crew->changed);
		return -ENOMEM;
	}
	(void)pthread_mutex_init(&crew->lock, NULL);
	crew->context = context;
	for (unsigned i = 0; i < stack->count; i++) {
		if (!stack->entries[i].is_isolated)
			continue;
		stack->entries[i].worker = &crew->workers[crew->count++];
		ks_worker_init(stack->entries[i].worker, crew, &stack->entries[i]);
	}
	return 0;
}

void ks_crew_finish(struct ks_crew *crew)
{
	int64_t deadline = ks_now_ms() + KS_WORKER_CLOSE_MS;

	if (!crew->workers)
		return;
	for (unsigned i = 0; i < crew->count; i++)
		ks_worker_dismiss(&crew->workers[i]);
	for (unsigned i = 0; i < crew->count; i++)
		ks_worker_stop(&crew->workers[i], deadline);
	(void)pthread_cond_destroy(&crew->changed);
	(void)pthread_mutex_destroy(&crew->lock);
	free(crew->workers);
	*crew = (struct ks_crew){0};
}

void ks_crew_abandon(struct ks_crew *crew)
{
	for (unsigned i = 0; i < crew->count; i++)
		ks_worker_abandon(&crew->workers[i]);
}

/* The one that has been idle for the longest time, or NULL. */
static struct ks_worker *find_idle(const struct ks_crew *crew)
{
	struct ks_worker *idle = NULL;

	for (unsigned i = 0; i < crew->count; i++) {
		struct ks_worker *worker = &crew->workers[i];

		/* in this order: whether one that is busy is alive is its thread's to know */
		if (!worker->is_busy && worker->is_alive && (!idle || worker->used_at < idle->used_at))
			idle = worker;
	}
	return idle;
}

/*
 * Ends an idle worker, with the lock given up meanwhile. Its close() has half of what is left until the deadline at
 * most: who waits needs the rest.
 */
static void retire(struct ks_crew *crew, struct ks_worker *worker, int64_t deadline)
{
	const int64_t now = ks_now_ms(), half = now + (deadline - now) / 2;

	worker->is_busy = true;
	(void)pthread_mutex_unlock(&crew->lock);
	ks_worker_dismiss(worker);
	ks_worker_stop(worker, half < now + KS_WORKER_CLOSE_MS ? half : now + KS_WORKER_CLOSE_MS);
	(void)pthread_mutex_lock(&crew->lock);
	worker->is_busy = worker->has_place = false;
	crew->alive--;
	(void)pthread_cond_broadcast(&crew->changed);
}

int ks_crew_claim(struct ks_worker *worker, int64_t deadline)
{
	struct timespec until = {.tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000};
	struct ks_crew *crew = worker->crew;
	struct ks_worker *idle = NULL;
	int r = 0;

	(void)pthread_mutex_lock(&crew->lock);
	while (r == 0 && (worker->is_busy || (!worker->has_place && crew->alive == KS_WORKERS_MAX))) {
		idle = worker->is_busy ? NULL : find_idle(crew);
		if (idle)
			retire(crew, idle, deadline);
		else
			r = -pthread_cond_timedwait(&crew->changed, &crew->lock, &until);
	}
	if (r == 0) {
		crew->alive += !worker->has_place;
		worker->is_busy = worker->has_place = true;
	}
	(void)pthread_mutex_unlock(&crew->lock);
	return r;
}

void ks_crew_release(struct ks_worker *worker)
{
	struct ks_crew *crew = worker->crew;

	(void)pthread_mutex_lock(&crew->lock);
	worker->is_busy = false;
	worker->used_at = ks_now_us();
	if (!worker->is_alive) {
		worker->has_place = false;
		crew->alive--;
	}
	(void)pthread_cond_broadcast(&crew->changed);
	(void)pthread_mutex_unlock(&crew->lock);
}
