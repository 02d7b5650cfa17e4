/* SPDX-License-Identifier: MIT */
/*
 * One request to a worker that is alive: it is sent, what the module asks for meanwhile is served (core/broker.h),
 * and what became of it is told. A worker that failed in whatever way is ended.
 */
#ifndef KEYSTILE_CORE_REQUEST_H
#define KEYSTILE_CORE_REQUEST_H

#include "core/worker.h"

/*
 * Has the process load the module and call its open(), or resolve(). Both return what that returned; or the result of
 * ks_call_give_up() on the call, with no worker alive. *ret_is_stale is set where the worker did nothing, wants to be
 * started anew, and was ended for that.
 */
int ks_request_start(struct ks_worker *worker, struct ks_call *call);
int ks_request_resolve(struct ks_worker *worker, struct ks_call *call, const struct ks_provider_request *request,
	bool *ret_is_stale);

#endif
