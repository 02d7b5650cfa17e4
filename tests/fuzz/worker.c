/* SPDX-License-Identifier: MIT */
/*
 * worker/serve.c and worker/host.c: a worker whose caller sends whatever it likes. The input is the packets, as
 * packets.h has them; behind a line "stale", the worker is of no more use once it has started. What it loads is the
 * module below, and nothing is confined.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/process.h"
#include "core/secret.h"
#include "fuzz.h"
#include "packets.h"
#include "worker/load.h"
#include "worker/serve.h"

enum {
	PACKETS_MAX = 64, /* so that what the worker sends, which nobody reads meanwhile, has room */
	DEADLINE_MS = 3600000,
	OPTIONS = 2
};

#define MODULE_SECRET "sk-ant-api03" FUZZ_SECRET "-CANARY-CANARY-CANARY-CANARY-CANARY-CANARY-AA"

static jmp_buf given_up;
static bool is_stale;
static struct ks_server server;

/* What the module was called for, and what it was answered. */
static struct {
	unsigned opened, resolved, closed, answers;
} calls;

/* A caller that takes a bad option for a good one makes open() succeed without a state. */
static bool is_own(const void *state)
{
	return !state || state == &calls;
}

static void read_variable(const struct ks_host *host)
{
	const char *value = NULL;
	int r = host->getenv(host, "KEYSTILE_FUZZ", &value);

	calls.answers++;
	PROPERTY(value || (r != 0 && r != -EPERM));
	PROPERTY(!value || strlen(value) <= KS_FRAME_MAX);
}

static void open_file(const struct ks_host *host)
{
	const char *path = NULL, *reason = NULL;
	struct stat status;
	int fd = -1, r = host->full_path(host, "~/key", &path, &reason);

	calls.answers++;
	PROPERTY(r <= 0 && (r == 0 ? path != NULL : reason != NULL));
	PROPERTY(strlen(r == 0 ? path : reason) <= KS_FRAME_MAX);
	r = host->open_private(host, "~/key", KS_TRUST_PRIVATE, &fd, &reason);
	calls.answers++;
	PROPERTY(r <= 0 && (r == 0) == (fd >= 0));
	if (r == 0)
		PROPERTY(fstat(fd, &status) == 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC && close(fd) == 0);
	else
		PROPERTY(strlen(reason) <= KS_FRAME_MAX);
}

static int open_fake(const struct ks_host *host, const struct ks_setting *settings, uint32_t stride, void **ret_state)
{
	calls.opened++;
	PROPERTY(server.setting_count == OPTIONS);
	for (unsigned i = 0; i < OPTIONS; i++) {
		const char *value = KS_SETTING(settings, stride, i);

		if (!value)
			return host->bad_option(host, i, "is missing");
		PROPERTY(strlen(value) <= KS_FRAME_MAX);
	}
	*ret_state = &calls;
	return KS_OK;
}

/* Every function of the table, in the order of the replies that the seeds have. */
static int resolve_fake(void *state, const struct ks_provider_request *request, const struct ks_host *host)
{
	const struct ks_attribute attribute = {.name = "fuzz", .value = "1"};
	char *secret = host->secret_alloc(host, sizeof(MODULE_SECRET));
	struct ks_delivery delivery = {.size = sizeof(delivery),
		.kind = KS_KIND_API_KEY,
		.transports = KS_TRANSPORT_API,
		.attribute_count = 1,
		.attribute_stride = sizeof(attribute),
		.attributes = &attribute,
		.secret = secret,
		.secret_length = sizeof(MODULE_SECRET) - 1,
		.source = "KEYSTILE_FUZZ"};

	PROPERTY(is_own(state) && secret && request->size == sizeof(*request));
	calls.resolved++;
	memcpy(secret, MODULE_SECRET, sizeof(MODULE_SECRET));
	host->log(host, KS_LOG_DEBUG, "resolves");
	read_variable(host);
	open_file(host);
	if (host->time_left(host) == 0)
		return host->fail(host, KS_UNAVAILABLE, "KEYSTILE_FUZZ", "is late", NULL);
	if (request->flags & KS_PROVIDER_FRESH)
		delivery.secret_length = 0;
	return host->deliver(host, &delivery);
}

static void close_fake(void *state)
{
	PROPERTY(is_own(state));
	calls.closed++;
}

static const struct ks_provider provider = {
	.size = sizeof(provider), .open = open_fake, .resolve = resolve_fake, .close = close_fake};

/* In place of worker/load.c: the module above, and what it would have been confined by is read. */
int ks_load(struct ks_module *module, struct ks_arena *arena, const struct ks_confine_rules *rules,
	int (*confined)(void *data, uint32_t measures), void *data, struct ks_problem *problem)
{
	(void)arena;
	PROPERTY(module->path && strlen(module->path) <= KS_FRAME_MAX && module->file);
	PROPERTY(rules->module == module->path);
	for (unsigned i = 0; i < rules->path_count; i++)
		PROPERTY(strlen(rules->paths[i]) <= KS_FRAME_MAX);
	if (strcmp(module->file, "missing.so") == 0)
		return ks_problem(problem, KS_ERROR, "see that it is there", "%s is not there", module->file);
	module->manifest.kinds = KS_KIND_API_KEY;
	module->manifest.option_count = OPTIONS;
	module->provider = &provider;
	return confined(data, 0);
}

bool ks_confine_is_stale(void)
{
	return is_stale;
}

void ks_session_give_up(void)
{
	longjmp(given_up, 1);
}

static bool is_of_worker(enum ks_frame_type type)
{
	return type >= KS_FRAME_LOG && type < KS_FRAME_ENDED;
}

/* Returns how many requests it says that it ended. */
static unsigned check_sent(struct ks_channel *there)
{
	static struct ks_frame frame;
	unsigned ended = 0;
	int fd = -1;

	while (ks_channel_receive(there, &frame, &fd, KS_CHANNEL_FOREVER) == 0) {
		PROPERTY(is_of_worker(frame.type) && fd < 0);
		packets_check_frame(&frame, there->in, there->in_used);
		if (frame.type == KS_FRAME_FAILED)
			fuzz_tell("%s\n", ks_frame_text(&frame, KS_FAILED_REASON));
		ended += frame.type >= KS_FRAME_DONE;
		ks_channel_wipe(there);
	}
	return ended;
}

static void serve(int socket)
{
	int status = EXIT_FAILURE;

	if (setjmp(given_up) == 0) { /* NOLINT(cert-err52-cpp): over the module's code, as the process would end */
		status = ks_serve(&server, socket);
		PROPERTY(status == EXIT_SUCCESS || calls.closed == 0);
	} else {
		PROPERTY(calls.closed == 0);
	}
	PROPERTY(calls.opened <= 1 && calls.closed <= calls.opened);
	PROPERTY(calls.opened == 1 || calls.resolved == 0);
	ks_server_finish(&server);
}

/* How many of the packets are replies to the request before them. */
static unsigned count_replies(struct packets packets)
{
	static struct packet packet;
	static struct ks_frame frame;
	uint32_t serial = 0;
	unsigned count = 0;

	while (packets_next(&packets, 1, &packet)) {
		if (ks_frame_decode(packet.bytes, packet.length, &frame) < 0)
			continue;
		count += frame.type == KS_FRAME_REPLY && frame.serial == serial;
		if (frame.type == KS_FRAME_START || frame.type == KS_FRAME_RESOLVE)
			serial = frame.serial;
	}
	return count;
}

void fuzz_target(char *bytes, size_t length)
{
	const size_t in_use = ks_secret_in_use();
	const unsigned descriptors = fuzz_descriptors();
	struct packets packets = packets_of(bytes, length);
	struct ks_channel there;
	unsigned replies = 0;
	int fds[2] = {-1, -1};

	is_stale = packets_begin_with(&packets, "stale");
	memset(&calls, 0, sizeof(calls));
	PROPERTY(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	PROPERTY(ks_channel_init(&there, fds[1]) == 0);
	replies = count_replies(packets);
	packets_send(&packets, 1, there.fd, PACKETS_MAX);
	(void)shutdown(there.fd, SHUT_WR);
	serve(fds[0]);
	PROPERTY(calls.answers <= replies);
	PROPERTY(check_sent(&there) <= 1 + PACKETS_MAX);
	ks_channel_finish(&there);
	PROPERTY(fuzz_descriptors() == descriptors);
	PROPERTY(ks_secret_in_use() == in_use);
}
