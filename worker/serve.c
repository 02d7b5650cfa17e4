/* SPDX-License-Identifier: MIT */
#include "worker/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/module.h"
#include "worker/confine.h"
#include "worker/host.h"

/* Names of sanitizers: their shadow memory is larger than any limit. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMITS_MEMORY false
#elif defined(__has_feature)
#define LIMITS_MEMORY (!__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer))
#else
#define LIMITS_MEMORY true
#endif

struct server {
	struct ks_session session;
	struct ks_arena arena;
	struct ks_module module;
	struct ks_setting *settings;
	const char **folders;
	unsigned folder_count;
	uint32_t measures;
	void *state;
};

static int send_frame(struct server *server, const struct ks_frame *frame)
{
	return ks_channel_send(&server->session.channel, frame, -1, KS_CHANNEL_FOREVER);
}

static int send_done(struct server *server, int returned)
{
	struct ks_frame frame;

	ks_frame_init(&frame, KS_FRAME_DONE, server->session.serial);
	frame.numbers[KS_DONE_RETURNED] = returned;
	frame.numbers[KS_DONE_MEASURES] = server->measures;
	return send_frame(server, &frame);
}

static int send_failed(struct server *server, const struct ks_problem *problem)
{
	struct ks_frame frame;

	ks_frame_init(&frame, KS_FRAME_FAILED, server->session.serial);
	frame.numbers[KS_FAILED_RESULT] = problem->result;
	ks_frame_add(&frame, problem->reason, KS_REASON_MAX);
	ks_frame_add(&frame, problem->remedy, KS_REMEDY_MAX);
	return send_frame(server, &frame);
}

static const char *copy_text(struct server *server, const struct ks_frame *frame, unsigned index)
{
	return ks_arena_copy(&server->arena, frame->texts[index].bytes, frame->texts[index].length);
}

/* Takes down what the start says: the module, its settings, the folders it may read. */
static int take_start(struct server *server, const struct ks_frame *frame, struct ks_problem *problem)
{
	struct ks_module *module = &server->module;
	const unsigned count = frame->text_count - KS_START_FIRST;
	const unsigned settings = (unsigned)frame->numbers[KS_START_SETTINGS];

	if (frame->type != KS_FRAME_START || frame->numbers[KS_START_SETTINGS] < 0 ||
		frame->numbers[KS_START_SETTINGS] > count || !ks_frame_text(frame, KS_START_PATH) ||
		frame->texts[KS_START_IDENTITY].length != sizeof(module->identity))
		return ks_problem(problem, KS_ERROR, "", "the worker was started with what is no start");
	memcpy(&module->identity, ks_frame_text(frame, KS_START_IDENTITY), sizeof(module->identity));
	module->path = copy_text(server, frame, KS_START_PATH);
	server->settings = ks_arena_alloc(&server->arena, (settings + 1) * sizeof(*server->settings));
	server->folders = ks_arena_alloc(&server->arena, (count - settings + 1) * sizeof(*server->folders));
	if (!module->path || !server->settings || !server->folders)
		return ks_problem_errno(problem, ENOMEM, "the module cannot be loaded");
	module->file = strrchr(module->path, '/') ? strrchr(module->path, '/') + 1 : module->path;
	for (unsigned i = 0; i < count; i++) {
		const unsigned at = KS_START_FIRST + i;
		const char *text = ks_frame_text(frame, at) ? copy_text(server, frame, at) : NULL;

		if (!text && (i >= settings || ks_frame_text(frame, at)))
			return ks_problem_errno(problem, ENOMEM, "the module cannot be loaded");
		if (i < settings)
			server->settings[i].value = text;
		else
			server->folders[server->folder_count++] = text;
	}
	return 0;
}

/* Opens the module and reads its note, which says what it may do. The caller has looked at who may write it. */
static int open_module(struct server *server, int *ret_fd, struct ks_problem *problem)
{
	struct ks_module *module = &server->module;
	struct ks_identity identity;
	struct stat status;
	int fd = open(module->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), r = 0;

	if (fd < 0 || fstat(fd, &status) < 0) {
		r = ks_problem_errno(problem, errno, module->path);
		problem->result = KS_ERROR;
		goto out;
	}
	ks_identity_read(fd, &status, &identity);
	if (!ks_identity_equal(&identity, &module->identity)) {
		r = ks_problem(problem, KS_ERROR, "open the stack again", "%s was replaced after it was verified",
			module->path);
		goto out;
	}
	r = ks_note_read(fd, &server->arena, &module->manifest, problem);
out:
	if (r == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		(void)close(fd);
	return r;
}

/* From here on the process is confined: no code of the module ran before. */
static int load(struct server *server, const struct ks_frame *frame, struct ks_problem *problem)
{
	struct ks_confine_rules rules = {.limits_memory = LIMITS_MEMORY};
	int fd = -1, r = take_start(server, frame, problem);

	if (r == 0)
		r = open_module(server, &fd, problem);
	if (r < 0)
		return r;
	rules.network = server->module.manifest.flags & KS_PROVIDER_NETWORK;
	rules.folders = server->folders;
	rules.folder_count = server->folder_count;
	rules.module = server->module.path;
	r = ks_confine(&rules, &server->measures, problem);
	if (r == 0)
		r = ks_module_map(&server->module, fd, problem);
	(void)close(fd);
	server->session.manifest = &server->module.manifest;
	return r;
}

static int start(struct server *server, const struct ks_frame *frame)
{
	const struct ks_provider *provider = NULL;
	struct ks_problem problem = {0};
	int64_t deadline = frame->numbers[KS_START_DEADLINE];
	int result = KS_OK;

	server->session.serial = frame->serial;
	if (load(server, frame, &problem) < 0)
		return send_failed(server, &problem);
	provider = server->module.provider;
	ks_session_begin(&server->session, frame->serial, deadline);
	if (provider->open)
		result = provider->open(
			&server->session.host, server->settings, sizeof(*server->settings), &server->state);
	result = send_done(server, result);
	ks_session_end(&server->session);
	return result;
}

static int resolve(struct server *server, const struct ks_frame *frame)
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

int ks_serve(int socket)
{
	struct server server = {.session = {.channel = {.fd = -1, .peer = -1}}};
	struct ks_channel *channel = &server.session.channel;
	struct ks_frame frame;
	int r = ks_channel_init(channel, socket);

	if (r == 0)
		r = ks_channel_receive(channel, &frame, NULL, KS_CHANNEL_FOREVER);
	if (r == 0)
		r = start(&server, &frame);
	while (r == 0) {
		r = ks_channel_receive(channel, &frame, NULL, KS_CHANNEL_FOREVER);
		if (r == 0 && frame.type == KS_FRAME_RESOLVE && server.module.provider)
			r = resolve(&server, &frame);
		else if (r == 0)
			break;
	}
	if (r == 0 && frame.type == KS_FRAME_CLOSE && server.module.provider && server.module.provider->close)
		server.module.provider->close(server.state);
	/* how it ends is no answer, so nothing that libraries left to be done at exit is waited for */
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
