/* SPDX-License-Identifier: MIT */
#include "worker/serve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "worker/load.h"

#define NO_START "the worker was started with what is no start"

static int send_frame(struct ks_server *server, const struct ks_frame *frame)
{
	return ks_channel_send(&server->session.channel, frame, -1, KS_CHANNEL_FOREVER);
}

static int send_done(struct ks_server *server, int returned)
{
	struct ks_frame frame;

	ks_frame_init(&frame, KS_FRAME_DONE, server->session.serial);
	frame.numbers[KS_DONE_RETURNED] = returned;
	return send_frame(server, &frame);
}

static int send_ready(void *data, uint32_t measures)
{
	struct ks_server *server = data;
	struct ks_frame frame;

	ks_frame_init(&frame, KS_FRAME_READY, server->session.serial);
	frame.numbers[KS_READY_MEASURES] = measures;
	return send_frame(server, &frame);
}

static int send_failed(struct ks_server *server, const struct ks_problem *problem)
{
	struct ks_frame frame;

	ks_frame_init(&frame, KS_FRAME_FAILED, server->session.serial);
	frame.numbers[KS_FAILED_RESULT] = problem->result;
	ks_frame_add(&frame, problem->reason, KS_REASON_MAX);
	ks_frame_add(&frame, problem->remedy, KS_REMEDY_MAX);
	return send_frame(server, &frame);
}

static const char *copy_text(struct ks_server *server, const struct ks_frame *frame, unsigned index)
{
	return ks_arena_copy(&server->arena, frame->texts[index].bytes, frame->texts[index].length);
}

/* Takes down what the start says: the module, its settings, what it may read. */
static int take_start(struct ks_server *server, const struct ks_frame *frame, struct ks_problem *problem)
{
	struct ks_module *module = &server->module;
	const unsigned count = frame->text_count - KS_START_FIRST;
	const unsigned settings = (unsigned)frame->numbers[KS_START_SETTINGS];

	if (frame->type != KS_FRAME_START || frame->numbers[KS_START_SETTINGS] < 0 ||
		frame->numbers[KS_START_SETTINGS] > count || !ks_frame_text(frame, KS_START_PATH) ||
		frame->texts[KS_START_IDENTITY].length != sizeof(module->identity))
		return ks_problem(problem, KS_ERROR, "", NO_START);
	memcpy(&module->identity, ks_frame_text(frame, KS_START_IDENTITY), sizeof(module->identity));
	module->path = copy_text(server, frame, KS_START_PATH);
	server->settings = ks_arena_alloc(&server->arena, (settings + 1) * sizeof(*server->settings));
	server->paths = ks_arena_alloc(&server->arena, (count - settings + 1) * sizeof(*server->paths));
	if (!module->path || !server->settings || !server->paths)
		return ks_problem_errno(problem, ENOMEM, "the module cannot be loaded");
	module->file = strrchr(module->path, '/') ? strrchr(module->path, '/') + 1 : module->path;
	server->setting_count = settings;
	for (unsigned i = 0; i < count; i++) {
		const unsigned at = KS_START_FIRST + i;
		const char *text = ks_frame_text(frame, at) ? copy_text(server, frame, at) : NULL;

		if (!text && (i >= settings || ks_frame_text(frame, at)))
			return ks_problem_errno(problem, ENOMEM, "the module cannot be loaded");
		if (i < settings)
			server->settings[i].value = text;
		else
			server->paths[server->path_count++] = text;
	}
	return 0;
}

static int load(struct ks_server *server, struct ks_problem *problem)
{
	const struct ks_confine_rules rules = {
		.module = server->module.path, .paths = server->paths, .path_count = server->path_count};
	int r = ks_load(&server->module, &server->arena, &rules, send_ready, server, problem);

	/* the module takes it that each of its options has a setting */
	if (r == 0 && server->setting_count != server->module.manifest.option_count)
		r = ks_problem(problem, KS_ERROR, "", NO_START);
	server->session.manifest = &server->module.manifest;
	return r;
}

static int start(struct ks_server *server, const struct ks_frame *frame)
{
	const struct ks_provider *provider = NULL;
	struct ks_problem problem = {0};
	int64_t deadline = frame->numbers[KS_START_DEADLINE];
	int result = KS_OK;

	server->session.serial = frame->serial;
	if (take_start(server, frame, &problem) < 0 || load(server, &problem) < 0)
		return send_failed(server, &problem);
	provider = server->module.provider;
	ks_session_begin(&server->session, frame->serial, deadline);
	if (provider->open)
		result = provider->open(
			&server->session.host, server->settings, sizeof(*server->settings), &server->state);
	server->is_open = result == KS_OK;
	result = send_done(server, result);
	ks_session_end(&server->session);
	return result;
}

static int resolve(struct ks_server *server, const struct ks_frame *frame)
{
	const struct ks_provider *provider = server->module.provider;
	const struct ks_provider_request request = {
		.size = sizeof(request),
		.flags = (uint32_t)frame->numbers[KS_RESOLVE_FLAGS],
		.transports = (uint32_t)frame->numbers[KS_RESOLVE_TRANSPORTS],
		.kinds = (uint32_t)frame->numbers[KS_RESOLVE_KINDS],
		.payers = (uint32_t)frame->numbers[KS_RESOLVE_PAYERS],
		.deadline = frame->numbers[KS_RESOLVE_DEADLINE],
	};
	struct ks_frame stale;
	int result = KS_OK;

	ks_session_begin(&server->session, frame->serial, request.deadline);
	if (ks_confine_is_stale()) {
		ks_frame_init(&stale, KS_FRAME_STALE, frame->serial);
		return send_frame(server, &stale);
	}
	result = send_done(server, provider->resolve(server->state, &request, &server->session.host));
	ks_session_end(&server->session);
	return result;
}

int ks_serve(struct ks_server *server, int socket)
{
	struct ks_channel *channel = &server->session.channel;
	const struct ks_provider *provider = NULL;
	struct ks_frame frame;
	int r = 0;

	*server = (struct ks_server){0};
	r = ks_channel_init(channel, socket);
	if (r == 0)
		r = ks_channel_receive(channel, &frame, NULL, KS_CHANNEL_FOREVER);
	if (r == 0)
		r = start(server, &frame);
	provider = server->module.provider;
	while (r == 0) {
		r = ks_channel_receive(channel, &frame, NULL, KS_CHANNEL_FOREVER);
		if (r == 0 && frame.type == KS_FRAME_RESOLVE && server->is_open)
			r = resolve(server, &frame);
		else if (r == 0)
			break;
	}
	if (r == 0 && frame.type == KS_FRAME_CLOSE && (server->is_open || server->state) && provider->close)
		provider->close(server->state);
	/* how it ends is no answer, so nothing that libraries left to be done at exit is waited for */
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

void ks_server_finish(struct ks_server *server)
{
	ks_session_end(&server->session);
	ks_channel_finish(&server->session.channel);
	ks_arena_finish(&server->arena);
}
