/* SPDX-License-Identifier: MIT */
#include "core/request.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/broker.h"
#include "core/grant.h"
#include "core/paths.h"
#include "core/process.h"

#define REMEDY_KILLED "see who killed it: the system's log tells where memory ran short"
#define REMEDY_RESTART "start the program again: it may be older than the worker"

enum {
	CALLS_MAX = 1024 /* of the host table in one request: each may take memory until it is over */
};

/* Ends it now. */
static void kill_worker(struct ks_worker *worker)
{
	ks_worker_stop(worker, 0);
}

static int crash(struct ks_worker *worker, struct ks_call *call, const char *remedy, const char *what)
{
	ks_worker_count_crash(worker);
	kill_worker(worker);
	return ks_call_give_up(call, KS_ERROR, remedy, "%s %s", call->entry->module->file, what);
}

/* The supervisor's last word: how the module's process ended. */
static int tell_end(struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame)
{
	char what[KS_REASON_MAX];
	const int status = (int)(frame->numbers[KS_ENDED_STATUS] & 0xff);
	const char *signal_name = sigabbrev_np(status);

	if (!frame->numbers[KS_ENDED_BY_SIGNAL])
		(void)snprintf(what, sizeof(what), "ended the process it runs in (exit status %d)", status);
	else
		(void)snprintf(
			what, sizeof(what), "crashed in its own process (SIG%s)", signal_name ? signal_name : "?");
	return crash(worker, call,
		frame->numbers[KS_ENDED_BY_SIGNAL] && status == SIGKILL ? REMEDY_KILLED : KS_TELL_AUTHOR, what);
}

/* What became of a worker with which no frame could be exchanged. */
static int tell_failure(struct ks_worker *worker, struct ks_call *call, int error)
{
	const char *file = call->entry->module->file;

	switch (error) {
	case -ETIMEDOUT:
		kill_worker(worker);
		return ks_call_give_up(call, KS_UNAVAILABLE, KS_RAISE_TIMEOUT,
			"%s did not answer before its deadline, and was stopped", file);
	case -EPIPE:
		return crash(worker, call, REMEDY_KILLED, "was ended together with its supervisor");
	case -EBADMSG:
		return crash(worker, call, KS_TELL_AUTHOR, "broke the contract: its process sent what is no answer");
	case -EPROTONOSUPPORT:
		kill_worker(worker);
		return ks_call_give_up(
			call, KS_ERROR, REMEDY_RESTART, "%s is of another version than this", ks_path_worker());
	default:
		kill_worker(worker);
		return ks_call_give_up(call, KS_ERROR, KS_TRY_AGAIN, "%s cannot be reached in its own process: %s",
			file, strerrordesc_np(-error));
	}
}

/* What loading it in the worker came to. It may be a fault of the machine's, or stay: the next start tries again. */
static int tell_load(struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame)
{
	const char *reason = ks_frame_text(frame, KS_FAILED_REASON);
	const char *remedy = ks_frame_text(frame, KS_FAILED_REMEDY);
	/* the texts are the channel's, which ends with the worker */
	const int result =
		ks_call_give_up(call, KS_ERROR, remedy ? remedy : "", "%s", reason ? reason : "no reason given");

	kill_worker(worker);
	return result;
}

/* The end of a request, by the frame that ends it. */
static int finish(struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, bool *ret_is_stale)
{
	int64_t returned = frame->numbers[KS_DONE_RETURNED];

	switch (frame->type) {
	case KS_FRAME_DONE:
		return returned >= INT_MIN && returned <= INT_MAX ? (int)returned : -1;
	case KS_FRAME_STALE:
		kill_worker(worker);
		if (ret_is_stale)
			*ret_is_stale = true;
		return KS_OK;
	case KS_FRAME_FAILED:
		return tell_load(worker, call, frame);
	case KS_FRAME_ENDED:
		return tell_end(worker, call, frame);
	default:
		return tell_failure(worker, call, -EBADMSG);
	}
}

static bool ends_request(enum ks_frame_type type)
{
	return type >= KS_FRAME_DONE;
}

/* Whether a frame belongs to the request, of which a worker may ask so much and no more. */
static bool is_in_order(struct ks_worker *worker, const struct ks_frame *frame)
{
	if (frame->type == KS_FRAME_ENDED)
		return true;
	if (frame->type != KS_FRAME_LOG)
		worker->calls++;
	return frame->serial == worker->serial && worker->calls <= CALLS_MAX;
}

/* To one that has ended nothing can be sent, and its supervisor's last word is there to be read, or will be soon. */
static int sent(int r, int64_t *deadline, bool *is_deaf)
{
	const int64_t soon = ks_now_ms() + KS_WORKER_KILL_MS;

	if (r != -EPIPE)
		return r;
	if (soon < *deadline)
		*deadline = soon;
	*is_deaf = true;
	return 0;
}

/* Sends a request and serves what the module asks for, until it has been worked on. */
static int exchange(struct ks_worker *worker, struct ks_call *call, struct ks_frame *frame, bool *ret_is_stale)
{
	int64_t deadline = call->wish.deadline + KS_WORKER_GRACE_MS;
	bool is_deaf = false;
	int result = KS_OK, r = ks_channel_send(&worker->channel, frame, -1, deadline);

	r = sent(r, &deadline, &is_deaf);
	worker->lines = worker->calls = 0;
	while (r == 0) {
		r = ks_channel_receive(&worker->channel, frame, NULL, deadline);
		if (r == 0 && !is_in_order(worker, frame))
			r = -EBADMSG;
		if (r < 0 || ends_request(frame->type))
			break;
		r = sent(ks_broker_serve(worker, call, frame, deadline), &deadline, &is_deaf);
	}
	if (r == -ETIMEDOUT && is_deaf)
		r = -EPIPE;
	result = r < 0 ? tell_failure(worker, call, r) : finish(worker, call, frame, ret_is_stale);
	if (worker->is_alive)
		ks_channel_wipe(&worker->channel);
	return result;
}

/* The paths that it may read, while the frame that has them is put together. */
struct paths {
	struct ks_arena arena;
	struct ks_frame *frame;
	int error;
};

static void add_path(void *data, const char *path)
{
	struct paths *paths = data;
	const char *copy = ks_arena_copy(&paths->arena, path, strlen(path));

	if (copy)
		ks_frame_add(paths->frame, copy, PATH_MAX);
	else
		paths->error = -ENOMEM;
}

int ks_request_start(struct ks_worker *worker, struct ks_call *call)
{
	const struct ks_stack_entry *entry = worker->entry;
	const struct ks_module *module = entry->module;
	struct ks_frame frame;
	struct paths paths = {.frame = &frame};
	int result = KS_OK;

	ks_frame_init(&frame, KS_FRAME_START, ++worker->serial);
	frame.numbers[KS_START_SETTINGS] = module->manifest.option_count;
	frame.numbers[KS_START_DEADLINE] = call->wish.deadline;
	ks_frame_add(&frame, module->path, PATH_MAX);
	ks_frame_add_bytes(&frame, &module->identity, sizeof(module->identity));
	for (uint32_t i = 0; i < module->manifest.option_count; i++)
		ks_frame_add(&frame, entry->settings[i].value, KS_LINE_MAX);
	ks_grant_paths(entry, add_path, &paths);
	result = paths.error < 0 ? tell_failure(worker, call, paths.error) : exchange(worker, call, &frame, NULL);
	ks_arena_finish(&paths.arena);
	return result;
}

int ks_request_resolve(
	struct ks_worker *worker, struct ks_call *call, const struct ks_provider_request *request, bool *ret_is_stale)
{
	struct ks_frame frame;
	int result = KS_OK;

	ks_frame_init(&frame, KS_FRAME_RESOLVE, ++worker->serial);
	frame.numbers[KS_RESOLVE_FLAGS] = request->flags;
	frame.numbers[KS_RESOLVE_TRANSPORTS] = request->transports;
	frame.numbers[KS_RESOLVE_KINDS] = request->kinds;
	frame.numbers[KS_RESOLVE_PAYERS] = request->payers;
	frame.numbers[KS_RESOLVE_DEADLINE] = request->deadline;
	result = exchange(worker, call, &frame, ret_is_stale);
	if (worker->is_alive)
		worker->crashes = 0;
	return result;
}
