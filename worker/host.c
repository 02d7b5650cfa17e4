/* SPDX-License-Identifier: MIT */
#include "worker/host.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "core/deliver.h"
#include "core/process.h"

/* So that one that is too long is so for the caller as well, also where it ends with a line end. */
enum {
	SECRET_SENT_MAX = KS_SECRET_MAX + 3
};

static struct ks_session *session_of(const struct ks_host *host)
{
	return host->core;
}

static void end_if(int r)
{
	if (r < 0)
		ks_session_give_up();
}

/*
 * Sends what the module says or asks, and waits for the reply. Returns the value in it. A descriptor is taken where
 * the reply may have one with it: *ret_fd, -1 where it has none.
 */
static int ask(struct ks_session *session, const struct ks_frame *frame, struct ks_frame *reply, int *ret_fd)
{
	end_if(ks_channel_send(&session->channel, frame, -1, KS_CHANNEL_FOREVER));
	end_if(ks_channel_receive(&session->channel, reply, ret_fd, KS_CHANNEL_FOREVER));
	if (reply->type != KS_FRAME_REPLY || reply->serial != session->serial) {
		if (ret_fd && *ret_fd >= 0)
			(void)close(*ret_fd);
		ks_session_give_up();
	}
	return (int)reply->numbers[KS_REPLY_VALUE];
}

/* A copy of the reply's text, which lasts as long as the call. */
static const char *keep_text(struct ks_session *session, const struct ks_frame *reply)
{
	const char *text = ks_frame_text(reply, KS_REPLY_TEXT);

	return text ? ks_blocks_copy(&session->blocks, text) : NULL;
}

static void host_log(const struct ks_host *host, int level, const char *text)
{
	struct ks_session *session = session_of(host);
	struct ks_frame frame;

	if (!text)
		return;
	ks_frame_init(&frame, KS_FRAME_LOG, session->serial);
	frame.numbers[0] = level;
	ks_frame_add(&frame, text, KS_REASON_MAX);
	end_if(ks_channel_send(&session->channel, &frame, -1, KS_CHANNEL_FOREVER));
}

static int host_getenv(const struct ks_host *host, const char *name, const char **ret_value)
{
	struct ks_session *session = session_of(host);
	struct ks_frame frame, reply;
	const char *text = NULL;
	int r = 0;

	ks_frame_init(&frame, KS_FRAME_GETENV, session->serial);
	ks_frame_add(&frame, name, KS_FRAME_TEXT_MAX);
	r = ask(session, &frame, &reply, NULL);
	text = keep_text(session, &reply);
	if (text)
		*ret_value = text;
	else if (r == 0 || r == -EPERM || ks_frame_text(&reply, KS_REPLY_TEXT))
		return -ENOMEM;
	return r;
}

static int host_full_path(
	const struct ks_host *host, const char *path, const char **ret_path, const char **ret_reason)
{
	struct ks_session *session = session_of(host);
	struct ks_frame frame, reply;
	const char *text = NULL;
	int r = 0;

	ks_frame_init(&frame, KS_FRAME_FULL_PATH, session->serial);
	ks_frame_add(&frame, path, PATH_MAX);
	r = ask(session, &frame, &reply, NULL);
	text = keep_text(session, &reply);
	if (r == 0 && text) {
		*ret_path = text;
		return 0;
	}
	*ret_reason = text ? text : "cannot be had: out of memory";
	return r < 0 ? r : -ENOMEM;
}

static int host_open_private(
	const struct ks_host *host, const char *path, int trust, int *ret_fd, const char **ret_reason)
{
	struct ks_session *session = session_of(host);
	struct ks_frame frame, reply;
	const char *text = NULL;
	int fd = -1, r = 0;

	ks_frame_init(&frame, KS_FRAME_OPEN_PRIVATE, session->serial);
	frame.numbers[0] = trust;
	ks_frame_add(&frame, path, PATH_MAX);
	r = ask(session, &frame, &reply, &fd);
	if (r == 0 && fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	if (fd >= 0)
		(void)close(fd);
	text = keep_text(session, &reply);
	*ret_reason = text ? text : "cannot be had: no descriptor came, or no memory for what is wrong with it";
	return r < 0 ? r : -EMFILE;
}

static void *host_secret_alloc(const struct ks_host *host, size_t size)
{
	return ks_blocks_alloc(&session_of(host)->blocks, size);
}

static int64_t host_time_left(const struct ks_host *host)
{
	int64_t left = session_of(host)->deadline - ks_now_ms();

	return left > 0 ? left : 0;
}

static void put_delivery(struct ks_frame *frame, const struct ks_delivery *delivery)
{
	const char *base = (const char *)delivery->attributes;
	const struct ks_attribute *attribute = NULL;

	frame->numbers[KS_DELIVER_KIND] = delivery->kind;
	frame->numbers[KS_DELIVER_TRANSPORTS] = delivery->transports;
	frame->numbers[KS_DELIVER_EXPIRES] = delivery->expires_at;
	frame->numbers[KS_DELIVER_REFRESH] = delivery->refresh_at;
	ks_frame_add_bytes(frame, delivery->secret,
		delivery->secret_length < SECRET_SENT_MAX ? delivery->secret_length : SECRET_SENT_MAX);
	ks_frame_add(frame, delivery->source, KS_SOURCE_MAX);
	ks_frame_add(frame, delivery->base_url, KS_URL_MAX + 1);
	for (uint32_t i = 0; i < delivery->attribute_count; i++) {
		attribute = (const void *)(base + (size_t)i * delivery->attribute_stride);
		ks_frame_add(frame, attribute->name, KS_ATTRIBUTE_NAME_MAX + 1);
		ks_frame_add(frame, attribute->value, KS_ATTRIBUTE_VALUE_MAX + 1);
	}
}

/* What has no form to be told in is judged here, and only that it is so goes out. */
static int host_deliver(const struct ks_host *host, const struct ks_delivery *delivery)
{
	struct ks_session *session = session_of(host);
	const char *breach = ks_delivery_breach(session->manifest, delivery);
	struct ks_frame frame, reply;

	ks_frame_init(&frame, breach ? KS_FRAME_BREACH : KS_FRAME_DELIVER, session->serial);
	if (breach)
		ks_frame_add(&frame, breach, KS_REASON_MAX);
	else
		put_delivery(&frame, delivery);
	return ask(session, &frame, &reply, NULL);
}

static int host_fail(
	const struct ks_host *host, int result, const char *source, const char *reason, const char *remedy)
{
	struct ks_session *session = session_of(host);
	struct ks_frame frame, reply;

	ks_frame_init(&frame, KS_FRAME_FAIL, session->serial);
	frame.numbers[KS_FAIL_RESULT] = result;
	ks_frame_add(&frame, source, KS_SOURCE_MAX);
	ks_frame_add(&frame, reason, KS_REASON_MAX);
	ks_frame_add(&frame, remedy, KS_REMEDY_MAX);
	return ask(session, &frame, &reply, NULL);
}

static int host_bad_option(const struct ks_host *host, uint32_t index, const char *reason)
{
	struct ks_session *session = session_of(host);
	struct ks_frame frame, reply;

	ks_frame_init(&frame, KS_FRAME_BAD_OPTION, session->serial);
	frame.numbers[0] = index;
	ks_frame_add(&frame, reason, KS_REASON_MAX);
	return ask(session, &frame, &reply, NULL);
}

static const struct ks_host host_table = {
	.size = sizeof(host_table),
	.abi_major = KS_ABI_MAJOR,
	.abi_minor = KS_ABI_MINOR,
	.log = host_log,
	.getenv = host_getenv,
	.full_path = host_full_path,
	.open_private = host_open_private,
	.secret_alloc = host_secret_alloc,
	.time_left = host_time_left,
	.deliver = host_deliver,
	.fail = host_fail,
	.bad_option = host_bad_option,
};

void ks_session_begin(struct ks_session *session, uint32_t serial, int64_t deadline)
{
	session->host = host_table;
	session->host.core = session;
	session->serial = serial;
	session->deadline = deadline;
}

void ks_session_end(struct ks_session *session)
{
	ks_blocks_free(&session->blocks);
	ks_channel_wipe(&session->channel);
}
