/* SPDX-License-Identifier: MIT */
#include "core/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/broker.h"
#include "core/context.h"
#include "core/crew.h"
#include "core/grant.h"
#include "core/paths.h"
#include "core/process.h"
#include "core/secret.h"
#include "core/spawn.h"

#define REMEDY_AUTHOR "report it to the module's author"
#define REMEDY_KILLED "see who killed it: the system's log tells where memory ran short"
#define REMEDY_REINSTALL "reinstall it, for this machine and on a file system from which programs may run"
#define REMEDY_RESTART "start the program again: it may be older than the worker"

enum {
	CALLS_MAX = 1024,      /* of the host table in one request: each may take memory until it is over */
	LOWEST_DESCRIPTOR = 3, /* of those that last: an application may have closed 0 to 2 */
	BACK_OFF_DOUBLINGS_MAX = 16
};

void ks_worker_init(struct ks_worker *worker, struct ks_crew *crew, const struct ks_stack_entry *entry)
{
	*worker = (struct ks_worker){.crew = crew, .entry = entry, .pidfd = -1, .channel = {.fd = -1, .peer = -1}};
}

/* The inode that a descriptor leads to; 0 where that cannot be told. */
static ino_t inode_of(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/* Whether a descriptor still leads to what it did. One that is open and of which nothing can be told is taken for it.
 */
static bool leads_to(int fd, ino_t inode)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return errno != EBADF;
	return inode == 0 || status.st_ino == inode;
}

/*
 * Whether it is alive and its descriptors are still its own. An application that becomes a daemon may close every
 * number it finds, and then its own files have these: they are left alone, and the worker ends without its socket.
 */
static bool is_in_reach(struct ks_worker *worker)
{
	if (!worker->is_alive)
		return false;
	if (leads_to(worker->channel.fd, worker->socket_inode) && leads_to(worker->pidfd, worker->pidfd_inode))
		return true;
	worker->is_alive = false;
	worker->pidfd = worker->channel.fd = -1;
	ks_channel_finish(&worker->channel);
	return false;
}

void ks_worker_abandon(struct ks_worker *worker)
{
	if (!is_in_reach(worker))
		return;
	(void)close(worker->pidfd);
	(void)close(worker->channel.fd);
}

void ks_worker_dismiss(struct ks_worker *worker)
{
	struct ks_frame frame;

	if (!is_in_reach(worker))
		return;
	ks_frame_init(&frame, KS_FRAME_CLOSE, ++worker->serial);
	/* one that has no room for it does not read, and is killed later on */
	(void)ks_channel_send(&worker->channel, &frame, -1, 0);
}

void ks_worker_stop(struct ks_worker *worker, int64_t deadline)
{
	if (!is_in_reach(worker))
		return;
	/* a child of a fork in between is to find nothing to close */
	worker->is_alive = false;
	/* The supervisor ends the module's process and then itself; only one that does not is killed. */
	if (ks_spawn_wait(worker->pidfd, deadline) < 0) {
		(void)shutdown(worker->channel.fd, SHUT_RDWR);
		if (ks_spawn_wait(worker->pidfd, ks_now_ms() + KS_WORKER_KILL_MS) < 0) {
			ks_spawn_kill(worker->pidfd);
			(void)ks_spawn_wait(worker->pidfd, ks_now_ms() + KS_WORKER_KILL_MS);
		}
	}
	(void)close(worker->pidfd);
	ks_channel_finish(&worker->channel);
	worker->pidfd = -1;
}

/* Takes down a failure that may be the next one's as well: the more in a row, the later the next start. */
static void count_crash(struct ks_worker *worker)
{
	unsigned doublings = worker->crashes < 2 ? 0 : worker->crashes - 1;
	int64_t delay = worker->crashes == 0 ? 0 : KS_WORKER_BACK_OFF_MS;

	if (doublings > BACK_OFF_DOUBLINGS_MAX)
		doublings = BACK_OFF_DOUBLINGS_MAX;
	delay <<= doublings;
	worker->not_before = ks_now_ms() + (delay < KS_WORKER_BACK_OFF_MAX ? delay : KS_WORKER_BACK_OFF_MAX);
	worker->crashes++;
}

void ks_worker_notice_end(struct ks_worker *worker)
{
	if (!is_in_reach(worker) || ks_spawn_wait(worker->pidfd, 0) < 0)
		return;
	count_crash(worker);
	ks_worker_stop(worker, 0);
}

/* Ends it now. */
static void kill_worker(struct ks_worker *worker)
{
	ks_worker_stop(worker, 0);
}

static int crash(struct ks_worker *worker, struct ks_call *call, const char *remedy, const char *what)
{
	count_crash(worker);
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
		frame->numbers[KS_ENDED_BY_SIGNAL] && status == SIGKILL ? REMEDY_KILLED : REMEDY_AUTHOR, what);
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
		return crash(worker, call, REMEDY_AUTHOR, "broke the contract: its process sent what is no answer");
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

/* Waits, where it crashed again and again, until it may be started. False where that is after the deadline. */
static bool may_start(const struct ks_worker *worker, int64_t deadline)
{
	int64_t left = worker->not_before - ks_now_ms();
	struct timespec delay = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};

	if (left <= 0)
		return true;
	if (worker->not_before > deadline)
		return false;
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, &delay) == EINTR)
		;
	return true;
}

/* A pair of sockets whose numbers are above those that an application may have closed. */
static int make_pair(int fds[2])
{
	int pair[2] = {-1, -1}, r = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	for (unsigned i = 0; i < 2; i++) {
		fds[i] = pair[i] < LOWEST_DESCRIPTOR ? fcntl(pair[i], F_DUPFD_CLOEXEC, LOWEST_DESCRIPTOR) : pair[i];
		if (fds[i] < 0)
			r = -errno;
		if (fds[i] != pair[i])
			(void)close(pair[i]);
	}
	for (unsigned i = 0; r < 0 && i < 2; i++) {
		if (fds[i] >= 0)
			(void)close(fds[i]);
	}
	return r;
}

void ks_worker_attach(struct ks_worker *worker, int pidfd)
{
	worker->pidfd = worker->channel.peer = pidfd;
	worker->socket_inode = inode_of(worker->channel.fd);
	worker->pidfd_inode = inode_of(pidfd);
	worker->serial = 0;
	worker->refusals = 0;
	worker->is_ready = false;
	worker->is_alive = true;
}

/* Starts the program and gets the channel to it. */
static int launch(struct ks_worker *worker, const char *program)
{
	char **environment = NULL;
	int fds[2] = {-1, -1}, pidfd = -1, r = make_pair(fds);

	if (r < 0)
		return r;
	r = ks_grant_environment(&worker->entry->module->manifest, &environment);
	if (r == 0)
		r = ks_channel_init(&worker->channel, fds[0]);
	else
		(void)close(fds[0]);
	if (r == 0)
		r = ks_spawn(program, environment, fds[1], &pidfd);
	if (r == 0)
		ks_worker_attach(worker, pidfd);
	else
		ks_channel_finish(&worker->channel);
	(void)ks_secret_free(environment);
	(void)close(fds[1]);
	return r;
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

/* Has the process load the module, and open its state. */
static int send_start(struct ks_worker *worker, struct ks_call *call)
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

int ks_worker_start(struct ks_worker *worker, struct ks_call *call)
{
	struct ks_trusted program = {.fd = -1}, module = {.fd = -1};
	struct ks_problem problem = {0};
	int r = 0;

	if (!may_start(worker, call->wish.deadline))
		return ks_call_give_up(call, KS_ERROR, REMEDY_AUTHOR,
			"%s has crashed %u times in a row, and is given a pause before it is started again",
			call->entry->module->file, worker->crashes);
	r = ks_context_check_root(worker->crew->context, &problem);
	if (r == 0)
		r = ks_module_reopen(worker->entry->module, &module, &problem);
	if (r < 0)
		return ks_call_give_up(call, KS_ERROR, problem.remedy, "%s", problem.reason);
	(void)close(module.fd);
	r = ks_trust_open(ks_path_worker(), KS_TRUST_SYSTEM, &program, &problem);
	if (r < 0)
		return ks_call_give_up(call, KS_ERROR, problem.remedy, "%s", problem.reason);
	(void)close(program.fd);
	r = launch(worker, program.path);
	if (r < 0)
		return ks_call_give_up(call, KS_ERROR,
			r == -EACCES || r == -ENOEXEC ? REMEDY_REINSTALL : KS_TRY_AGAIN, "%s cannot be started: %s",
			ks_path_worker(), strerrordesc_np(-r));
	return send_start(worker, call);
}

int ks_worker_resolve(
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
