/* SPDX-License-Identifier: MIT */
/*
 * A request: its defaults, its walk, its audit line, its error.
 */
#include <errno.h>
#include <stdatomic.h>

#include "core/context.h"
#include "core/process.h"
#include "core/record.h"
#include "core/walk.h"

/* What a caller built for 1.0 gives; members that come later are only there where its size says so. */
#define REQUEST_SIZE_1_0 (offsetof(struct ks_request, command) + sizeof(const char *))
#define ALL_TRANSPORTS (KS_TRANSPORT_API | KS_TRANSPORT_CLI)
#define ALL_PAYERS (KS_PAYER_API | KS_PAYER_SUBSCRIPTION | KS_PAYER_GATEWAY)

static void fill_want(const struct ks_request *request, struct ks_want *ret_want)
{
	static const struct ks_request defaults = {.size = sizeof(defaults)};
	int64_t timeout = 0, start = ks_now_us();

	if (!request)
		request = &defaults;
	timeout = request->timeout_ms > 0 ? request->timeout_ms : KS_TIMEOUT_MS;
	if (timeout > KS_TIMEOUT_MAX_MS)
		timeout = KS_TIMEOUT_MAX_MS;
	*ret_want = (struct ks_want){
		.transports = request->transports ? request->transports & ALL_TRANSPORTS : KS_TRANSPORT_API,
		.preferred = request->preferred == KS_TRANSPORT_CLI ? KS_TRANSPORT_CLI : KS_TRANSPORT_API,
		.payers = request->payers ? request->payers & ALL_PAYERS : ALL_PAYERS,
		.kinds = request->kinds ? request->kinds : UINT32_MAX,
		.start = start,
		.deadline = start / 1000 + timeout,
		.command = request->command ? request->command : program_invocation_short_name,
	};
}

/* One line for the whole walk: the entry that decided, or that there is nothing. */
static enum ks_result explain(
	const struct ks_context *context, const struct ks_finding *finding, struct ks_error *error)
{
	const struct ks_entry *entry = NULL;
	const struct ks_problem *problem = &finding->problem;

	if (finding->decider >= context->stack.count)
		return ks_error_set(error, finding->result, "%s: no credential for service '%s': %s",
			context->stack.file, context->stack.service,
			finding->result == KS_NOT_CONFIGURED
				? "nothing in its stack is configured for this user and request"
				: problem->reason);
	entry = &context->stack.entries[finding->decider].config;
	return ks_error_set(error, finding->result, "%s:%u: %s.so: %s: %s%s%s", entry->file, entry->line,
		entry->module, ks_result_name(finding->result), problem->reason, problem->remedy[0] ? "; " : "",
		problem->remedy);
}

enum ks_result ks_resolve(struct ks_context *context, const struct ks_request *request,
	struct ks_credential **ret_credential, struct ks_trace **ret_trace, struct ks_error *error)
{
	struct ks_trace *trace = NULL;
	struct ks_finding finding;
	struct ks_want want;

	if (ret_trace)
		*ret_trace = NULL;
	if (!context || !ret_credential)
		return ks_error_set(
			error, KS_ERROR, "ks_resolve: the context or the place for the credential is NULL");
	if (request && request->size < REQUEST_SIZE_1_0)
		return ks_error_set(error, KS_ERROR, "ks_resolve: the size of the request is not set");
	if (!ks_context_is_own(context))
		return ks_error_set(
			error, KS_ERROR, "the context belongs to the parent of this process; open one here");
	fill_want(request, &want);
	if (ret_trace) {
		trace = ks_trace_new(&context->stack);
		if (!trace)
			return ks_error_set(error, KS_ERROR, "out of memory");
	}
	(void)ks_walk(context, &want, trace, &finding);
	ks_record(context, &want, &finding);
	if (ret_trace)
		*ret_trace = trace;
	if (finding.result != KS_OK)
		return explain(context, &finding, error);
	*ret_credential = finding.credential;
	return KS_OK;
}

void ks_invalidate(struct ks_context *context, const struct ks_credential *credential)
{
	if (!context || !credential || credential->context != context->serial || !ks_context_is_own(context))
		return;
	atomic_store(&context->runtimes[credential->entry].is_stale, true);
}
