/* SPDX-License-Identifier: MIT */
/*
 * What a worker asks of its caller: each frame is a call of the host table, and is served by the very function that a
 * module in this process would call. A file that the entry does not name is refused, with an audit line.
 */
#ifndef KEYSTILE_CORE_BROKER_H
#define KEYSTILE_CORE_BROKER_H

#include "core/worker.h"

enum {
	KS_WORKER_LINES_MAX = 256,  /* that a module may log in one request; more are not heard */
	KS_WORKER_REFUSALS_TOLD = 4 /* audit lines for one worker; more refusals are told by none */
};

/*
 * Serves one frame of the worker's, and sends the reply where it has one. Returns 0; -EBADMSG where the frame is not
 * one that a worker may send while it works; or what ks_channel_send() returned.
 */
int ks_broker_serve(struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, int64_t deadline);

#endif
