/* SPDX-License-Identifier: MIT */
/*
 * The caller's side of one worker: the process in which the module of one entry runs (design, section 6).
 *
 * The thread that has claimed a worker from its crew is the only one that uses it. A worker that failed in whatever
 * way is ended at once; the next request starts a new one.
 */
#ifndef KEYSTILE_CORE_WORKER_H
#define KEYSTILE_CORE_WORKER_H

#include "core/channel.h"
#include "core/host.h"

enum {
	KS_WORKER_GRACE_MS = 100,   /* past its deadline, in which a module may still say itself why it has nothing */
	KS_WORKER_CLOSE_MS = 500,   /* for close() */
	KS_WORKER_KILL_MS = 200,    /* for the supervisor to do what it is told; then it is killed */
	KS_WORKER_BACK_OFF_MS = 50, /* after the second crash in a row; twice that after the next, and so on */
	KS_WORKER_BACK_OFF_MAX = 10000 /* milliseconds */
};

struct ks_crew;

struct ks_worker {
	struct ks_crew *crew;
	const struct ks_stack_entry *entry;

	/* Under the crew's lock. */
	bool is_busy;    /* claimed by a thread */
	bool has_place;  /* counts as one of those alive */
	int64_t used_at; /* microseconds on CLOCK_MONOTONIC, when it was released */

	/* Of the thread that has claimed it; the crew reads is_alive of those that nobody has. */
	bool is_alive;
	int pidfd;
	ino_t pidfd_inode, socket_inode; /* that the descriptors lead to */
	struct ks_channel channel;
	uint32_t serial;    /* of the request it works on */
	bool is_ready;      /* it said what confines it */
	uint32_t measures;  /* enum ks_measure bits: that */
	unsigned refusals;  /* files that it asked for and was refused, since it was started */
	unsigned lines;     /* that it logged in this request */
	unsigned calls;     /* of the host table, or the end of the request, likewise */
	unsigned crashes;   /* in a row */
	int64_t not_before; /* milliseconds on CLOCK_MONOTONIC: when it may be started again */
};

/* Makes it one that is not alive. */
void ks_worker_init(struct ks_worker *worker, struct ks_crew *crew, const struct ks_stack_entry *entry);

/* Makes it alive: at the other end of its channel is the process that the pidfd is of. Both are the worker's. */
void ks_worker_attach(struct ks_worker *worker, int pidfd);

/*
 * Starts the process, which loads the module and calls its open(). Returns what that returned; or the result of
 * ks_call_give_up() on the call, with no worker alive.
 */
int ks_worker_start(struct ks_worker *worker, struct ks_call *call);

/* Takes down a failure that may be the next one's as well: the more in a row, the later the next start. */
void ks_worker_count_crash(struct ks_worker *worker);

/* Notices that a worker ended while nobody used it: it then is not alive, and that counts as a crash. */
void ks_worker_notice_end(struct ks_worker *worker);

/* Tells a worker that is alive to call close() and end. Waits for nothing. */
void ks_worker_dismiss(struct ks_worker *worker);

/* Waits until the deadline for a worker that was told to end, then kills it. Frees what it had. */
void ks_worker_stop(struct ks_worker *worker, int64_t deadline);

/* In a child of fork: closes its descriptors. */
void ks_worker_abandon(struct ks_worker *worker);

#endif
