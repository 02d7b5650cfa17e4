/* SPDX-License-Identifier: MIT */
#include "core/broker.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "core/crew.h"
#include "core/grant.h"
#include "core/record.h"

/* What goes back. */
struct reply {
	int value;
	const char *text; /* NULL where there is none */
	int fd;           /* -1, or a descriptor for the worker; closed here afterwards */
};

/* Serves one kind of frame. Returns 0, or -EBADMSG for a number that cannot be. */
typedef int serve_fn(
	struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, struct reply *reply);

static bool is_u32(int64_t number)
{
	return number >= 0 && number <= (int64_t)UINT32_MAX;
}

static bool is_int(int64_t number)
{
	return number >= INT_MIN && number <= INT_MAX;
}

static int serve_log(
	struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, struct reply *reply)
{
	(void)reply;
	if (!is_int(frame->numbers[0]))
		return -EBADMSG;
	if (worker->lines < KS_WORKER_LINES_MAX)
		call->host.log(&call->host, (int)frame->numbers[0], ks_frame_text(frame, 0));
	worker->lines++;
	return 0;
}

/* What confines it, by one that has not run the module yet: nobody has a second word in that. */
static int serve_ready(
	struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, struct reply *reply)
{
	(void)call;
	(void)reply;
	if (worker->is_ready || !is_u32(frame->numbers[KS_READY_MEASURES]))
		return -EBADMSG;
	worker->is_ready = true;
	worker->measures = (uint32_t)frame->numbers[KS_READY_MEASURES];
	return 0;
}

static int serve_getenv(
	struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, struct reply *reply)
{
	(void)worker;
	_Static_assert((int)KS_VALUE_MAX <= (int)KS_FRAME_TEXT_MAX, "every value fits into a frame");
	reply->value = call->host.getenv(&call->host, ks_frame_text(frame, 0), &reply->text);
	return 0;
}

static int serve_full_path(
	struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, struct reply *reply)
{
	const char *path = NULL, *reason = NULL;

	(void)worker;
	reply->value = call->host.full_path(&call->host, ks_frame_text(frame, 0), &path, &reason);
	reply->text = reply->value == 0 ? path : reason;
	return 0;
}

static int serve_open_private(
	struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, struct reply *reply)
{
	const char *path = ks_frame_text(frame, 0);

	if (!is_int(frame->numbers[0]))
		return -EBADMSG;
	if (!call->is_open && path && !ks_grant_file(call, path)) {
		if (worker->refusals < KS_WORKER_REFUSALS_TOLD)
			ks_record_refusal(worker->crew->context, call->entry->module->file, path);
		worker->refusals++;
		(void)ks_problem(&call->refusal, KS_INVALID, "name it with one of the module's options",
			"is not a file that the entry names, so its worker may not have it");
		*reply = (struct reply){.value = -EPERM, .text = call->refusal.reason, .fd = -1};
		return 0;
	}
	reply->value = call->host.open_private(&call->host, path, (int)frame->numbers[0], &reply->fd, &reply->text);
	return 0;
}

static int serve_deliver(
	struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, struct reply *reply)
{
	struct ks_attribute attributes[KS_ATTRIBUTES_MAX];
	const unsigned count = (frame->text_count - KS_DELIVER_FIRST) / 2;
	struct ks_delivery delivery = {
		.size = sizeof(delivery),
		.kind = (uint32_t)frame->numbers[KS_DELIVER_KIND],
		.transports = (uint32_t)frame->numbers[KS_DELIVER_TRANSPORTS],
		.attribute_count = count,
		.attribute_stride = sizeof(attributes[0]),
		.attributes = attributes,
		.secret = ks_frame_text(frame, KS_DELIVER_SECRET),
		.secret_length = frame->texts[KS_DELIVER_SECRET].length,
		.expires_at = frame->numbers[KS_DELIVER_EXPIRES],
		.refresh_at = frame->numbers[KS_DELIVER_REFRESH],
		.source = ks_frame_text(frame, KS_DELIVER_SOURCE),
		.base_url = ks_frame_text(frame, KS_DELIVER_BASE_URL),
	};

	(void)worker;
	if (!is_u32(frame->numbers[KS_DELIVER_KIND]) || !is_u32(frame->numbers[KS_DELIVER_TRANSPORTS]) ||
		(frame->text_count - KS_DELIVER_FIRST) % 2 != 0)
		return -EBADMSG;
	for (unsigned i = 0; i < count; i++)
		attributes[i] = (struct ks_attribute){.name = ks_frame_text(frame, KS_DELIVER_FIRST + 2 * i),
			.value = ks_frame_text(frame, KS_DELIVER_FIRST + 2 * i + 1)};
	reply->value = call->host.deliver(&call->host, &delivery);
	return 0;
}

static int serve_breach(
	struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, struct reply *reply)
{
	(void)worker;
	if (!ks_frame_text(frame, 0))
		return -EBADMSG;
	reply->value = ks_call_deliver_badly(call, ks_frame_text(frame, 0));
	return 0;
}

static int serve_fail(
	struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, struct reply *reply)
{
	(void)worker;
	if (!is_int(frame->numbers[KS_FAIL_RESULT]))
		return -EBADMSG;
	reply->value = call->host.fail(&call->host, (int)frame->numbers[KS_FAIL_RESULT],
		ks_frame_text(frame, KS_FAIL_SOURCE), ks_frame_text(frame, KS_FAIL_REASON),
		ks_frame_text(frame, KS_FAIL_REMEDY));
	return 0;
}

static int serve_bad_option(
	struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, struct reply *reply)
{
	(void)worker;
	if (!is_u32(frame->numbers[0]))
		return -EBADMSG;
	reply->value = call->host.bad_option(&call->host, (uint32_t)frame->numbers[0], ks_frame_text(frame, 0));
	return 0;
}

static serve_fn *function_for(enum ks_frame_type type)
{
	switch (type) {
	case KS_FRAME_LOG:
		return serve_log;
	case KS_FRAME_READY:
		return serve_ready;
	case KS_FRAME_GETENV:
		return serve_getenv;
	case KS_FRAME_FULL_PATH:
		return serve_full_path;
	case KS_FRAME_OPEN_PRIVATE:
		return serve_open_private;
	case KS_FRAME_DELIVER:
		return serve_deliver;
	case KS_FRAME_BREACH:
		return serve_breach;
	case KS_FRAME_FAIL:
		return serve_fail;
	case KS_FRAME_BAD_OPTION:
		return serve_bad_option;
	default:
		return NULL;
	}
}

int ks_broker_serve(struct ks_worker *worker, struct ks_call *call, const struct ks_frame *frame, int64_t deadline)
{
	struct reply reply = {.fd = -1};
	struct ks_frame answer;
	serve_fn *serve = function_for(frame->type);
	int r = serve ? serve(worker, call, frame, &reply) : -EBADMSG;

	if (r < 0 || frame->type == KS_FRAME_LOG || frame->type == KS_FRAME_READY)
		return r;
	ks_frame_init(&answer, KS_FRAME_REPLY, frame->serial);
	answer.numbers[KS_REPLY_VALUE] = reply.value;
	ks_frame_add(&answer, reply.text, KS_FRAME_TEXT_MAX);
	r = ks_channel_send(&worker->channel, &answer, reply.fd, deadline);
	if (reply.fd >= 0)
		(void)close(reply.fd);
	return r;
}
