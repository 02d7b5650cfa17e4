/* SPDX-License-Identifier: MIT */
/*
 * The host table that a module has in the worker: every function that tells or asks something is a frame to the
 * caller, which judges it. Secret memory and the time left are here.
 */
#ifndef KEYSTILE_WORKER_HOST_H
#define KEYSTILE_WORKER_HOST_H

#include "core/blocks.h"
#include "core/channel.h"
#include "core/note.h"

/* One call of the module, and the way to the caller. */
struct ks_session {
	struct ks_host host; /* what the module sees; host.core points here */
	struct ks_channel channel;
	const struct ks_manifest *manifest;
	uint32_t serial;
	int64_t deadline; /* milliseconds on CLOCK_MONOTONIC */
	struct ks_blocks blocks;
};

/* Gets the table ready for a call; ks_session_end() wipes what it left. */
void ks_session_begin(struct ks_session *session, uint32_t serial, int64_t deadline);
void ks_session_end(struct ks_session *session);

/*
 * Ends a worker whose caller is gone while a module waits for it: there is nothing more to do, and no way back but
 * through the module's code. In main.c; who drives a session without a worker has one of its own.
 */
_Noreturn void ks_session_give_up(void);

#endif
