/* SPDX-License-Identifier: MIT */
#include "core/remote.h"

#include <errno.h>
#include <unistd.h>

#include "core/crew.h"
#include "core/paths.h"
#include "core/process.h"
#include "core/request.h"

int ks_remote_check(struct ks_problem *problem)
{
	struct ks_trusted file;
	int r = ks_trust_open(ks_path_worker(), KS_TRUST_SYSTEM, &file, problem);

	if (r == -ENOENT)
		(void)ks_problem(problem, KS_MISCONFIGURED,
			"install it, or write @isolate=none to run the module in the caller's process",
			"the program in which the module would run is not installed: %s", ks_path_worker());
	if (r == 0)
		(void)close(file.fd);
	return r;
}

static int claim(struct ks_worker *worker, struct ks_call *call)
{
	int r = ks_crew_claim(worker, call->wish.deadline);

	if (r == -ETIMEDOUT)
		return ks_call_give_up(call, KS_UNAVAILABLE, KS_RAISE_TIMEOUT,
			"%d other modules were at work at the deadline, and no more may run at once", KS_WORKERS_MAX);
	if (r < 0)
		return ks_call_give_up(call, KS_ERROR, KS_TRY_AGAIN, "the worker cannot be had");
	return KS_OK;
}

/* Starts it, with the call as one of open(). */
static int start(struct ks_worker *worker, struct ks_call *call)
{
	bool was_open = call->is_open;
	int result = KS_OK;

	call->is_open = true;
	result = ks_worker_start(worker, call);
	ks_call_judge_open(call, result);
	call->is_open = was_open;
	if (call->problem.result == KS_OK)
		return KS_OK;
	call->answered = true;
	ks_worker_dismiss(worker);
	ks_worker_stop(worker, ks_now_ms() + KS_WORKER_CLOSE_MS);
	return (int)call->problem.result;
}

static int open_remote(
	const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	struct ks_call *call = host->core;
	struct ks_worker *worker = call->entry->worker;
	int result = claim(worker, call);

	(void)settings; /* the worker has them from the entry */
	(void)stride;
	if (result != KS_OK)
		return result;
	if (!worker->is_alive)
		result = start(worker, call);
	ks_crew_release(worker);
	*ret_state = worker;
	return result;
}

static int resolve_remote(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	struct ks_call *call = host->core;
	struct ks_worker *worker = state;
	bool is_stale = true;
	int result = claim(worker, call);

	if (result != KS_OK)
		return result;
	/* one that is stale says so before it does anything, and a new one is not */
	for (unsigned tries = 0; result == KS_OK && is_stale && tries < 2; tries++) {
		is_stale = false;
		ks_worker_notice_end(worker);
		if (!worker->is_alive)
			result = start(worker, call);
		if (result == KS_OK)
			result = ks_request_resolve(worker, call, request, &is_stale);
	}
	if (is_stale)
		result = ks_call_give_up(
			call, KS_ERROR, KS_TRY_AGAIN, "the worker cannot read the system's own files");
	ks_crew_release(worker);
	return result;
}

const struct ks_provider ks_remote_provider = {
	.size = sizeof(ks_remote_provider),
	.magic = KS_PROVIDER_MAGIC,
	.abi_major = KS_ABI_MAJOR,
	.abi_minor = KS_ABI_MINOR,
	.open = open_remote,
	.resolve = resolve_remote,
};
