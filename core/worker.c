/* SPDX-License-Identifier: MIT */
#include "core/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/context.h"
#include "core/crew.h"
#include "core/grant.h"
#include "core/paths.h"
#include "core/process.h"
#include "core/request.h"
#include "core/secret.h"
#include "core/spawn.h"

#define REMEDY_REINSTALL "reinstall it, for this machine and on a file system from which programs may run"

enum {
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

void ks_worker_count_crash(struct ks_worker *worker)
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
	ks_worker_count_crash(worker);
	ks_worker_stop(worker, 0);
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

int ks_worker_start(struct ks_worker *worker, struct ks_call *call)
{
	struct ks_trusted program = {.fd = -1}, module = {.fd = -1};
	struct ks_problem problem = {0};
	int r = 0;

	if (!may_start(worker, call->wish.deadline))
		return ks_call_give_up(call, KS_ERROR, KS_TELL_AUTHOR,
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
	return ks_request_start(worker, call);
}
