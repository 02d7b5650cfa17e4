/* SPDX-License-Identifier: MIT */
/*
 * Programs that cannot be started, and must leave nothing; and how to wait for one.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/process.h"
#include "core/spawn.h"
#include "tests/support/application.h"

enum {
	SPAWNS = 50,
	SHORT_MS = 60,
	LEAKED_BYTES = 4 << 20, /* far below SPAWNS mappings, and above what a sanitizer takes meanwhile */
	STRANGER = 64998        /* a user that nobody else is */
};

static void tells_why_execve_failed(void)
{
	static char large[256 * 1024];
	char *too_much[] = {large, NULL}, text[64];
	int fd = memfd_create("text", MFD_CLOEXEC);
	const struct {
		const char *path;
		char **variables;
		int r;
	} cases[] = {
		{"/nowhere", worker_variables, -ENOENT},
		{"/etc/passwd/x", worker_variables, -ENOTDIR},
		{"/etc", worker_variables, -EACCES},
		{"/etc/passwd", worker_variables, -EACCES},
		{text, worker_variables, -ENOEXEC},
		{worker_program, too_much, -E2BIG},
	};

	(void)memset(large, 'x', sizeof(large) - 1);
	(void)snprintf(text, sizeof(text), "/proc/%d/fd/%d", (int)getpid(), fd);
	MUST(write(fd, "no program", 10) == 10);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct worker worker;
		int r = worker_try(&worker, cases[i].path, cases[i].variables);

		errno = -r;
		MUST(r == cases[i].r);
		worker_must_be_none(&worker);
	}
	MUST(close(fd) == 0);
}

static long memory_size(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long pages = 0;

	MUST(file && fscanf(file, "%ld", &pages) == 1 && fclose(file) == 0);
	return pages * sysconf(_SC_PAGESIZE);
}

static void keeps_no_memory(void)
{
	struct worker worker;
	long before = 0;

	worker_start(&worker);
	worker_finish(&worker);
	before = memory_size();
	for (int i = 0; i < SPAWNS; i++) {
		MUST(worker_try(&worker, i % 2 ? worker_program : "/nowhere", worker_variables) ==
			(i % 2 ? 0 : -ENOENT));
		if (i % 2)
			worker_finish(&worker);
		else
			worker_must_be_none(&worker);
	}
	MUST(memory_size() - before < LEAKED_BYTES);
}

static void set_limit(int resource, rlim_t value)
{
	struct rlimit limit;

	MUST(getrlimit((__rlimit_resource_t)resource, &limit) == 0);
	limit.rlim_cur = value;
	MUST(setrlimit((__rlimit_resource_t)resource, &limit) == 0);
}

/* What ks_spawn() alone returns under a limit. */
static int start_within(struct worker *worker, int resource, rlim_t value)
{
	int ends[2], r = 0;
	struct rlimit before;

	*worker = (struct worker){-1, -1, ""};
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	MUST(getrlimit((__rlimit_resource_t)resource, &before) == 0);
	set_limit(resource, value);
	worker->socket = ends[0];
	r = ks_spawn(worker_program, worker_variables, ends[1], &worker->pidfd);
	MUST(setrlimit((__rlimit_resource_t)resource, &before) == 0);
	MUST(close(ends[1]) == 0);
	return r;
}

static void bears_with_full_descriptors(void)
{
	int taken[APPLICATION_DESCRIPTORS], count = 0, ends[2], pidfd = -1;
	char byte = 0;

	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	set_limit(RLIMIT_NOFILE, APPLICATION_DESCRIPTORS / 2);
	while ((taken[count] = fcntl(ends[0], F_DUPFD_CLOEXEC, 0)) >= 0)
		count++;
	MUST(errno == EMFILE);
	MUST(ks_spawn(worker_program, worker_variables, ends[1], &pidfd) == -EMFILE && pidfd == -1);
	/* there is one, but a low one, when the program runs already */
	MUST(close(STDIN_FILENO) == 0);
	MUST(ks_spawn(worker_program, worker_variables, ends[1], &pidfd) == -EMFILE && pidfd == -1);
	MUST(fcntl(STDIN_FILENO, F_GETFD) < 0);
	MUST(application_has_no_child());
	MUST(close(ends[1]) == 0);
	while (recv(ends[0], &byte, sizeof(byte), 0) > 0)
		; /* it may have come to its report */
	while (count > 0)
		MUST(close(taken[--count]) == 0);
	MUST(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
	MUST(close(ends[0]) == 0);
}

static void bears_with_no_memory(void)
{
	struct worker worker;

	MUST(start_within(&worker, RLIMIT_AS, 0) == -ENOMEM);
	worker_must_be_none(&worker);
}

/* With one process it is the first clone that fails, with two the second. */
static void bears_with_no_process(void)
{
	struct worker worker;

	MUST(geteuid() != 0 || setresuid(STRANGER, STRANGER, STRANGER) == 0);
	for (rlim_t processes = 1; processes <= 2; processes++) {
		MUST(start_within(&worker, RLIMIT_NPROC, processes) == -EAGAIN);
		worker_must_be_none(&worker);
	}
}

struct starter {
	pthread_t thread;
	char program[64];
	struct worker worker;
	atomic_int tid;
	int r;
};

/* A copy that belongs to whoever runs this, as a lease wants. Returns its descriptor, which must not be writable. */
static int copy_program(char *path, size_t size)
{
	int from = open(worker_program, O_RDONLY | O_CLOEXEC), to = memfd_create("program", MFD_CLOEXEC), fd = -1;

	MUST(from >= 0 && to >= 0);
	while (sendfile(to, from, NULL, INT_MAX) > 0)
		;
	(void)snprintf(path, size, "/proc/%d/fd/%d", (int)getpid(), to);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	MUST(fd >= 0 && close(to) == 0 && close(from) == 0);
	(void)snprintf(path, size, "/proc/%d/fd/%d", (int)getpid(), fd);
	return fd;
}

static void *start_slowly(void *data)
{
	struct starter *starter = data;

	starter->tid = gettid();
	starter->r = worker_try(&starter->worker, starter->program, worker_variables);
	return NULL;
}

static pid_t child_of_thread(pid_t tid)
{
	char path[64];
	FILE *file = NULL;
	int pid = -1;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)tid);
	file = fopen(path, "re");
	MUST(file && fscanf(file, "%d", &pid) == 1 && fclose(file) == 0);
	return pid;
}

/* A lease on the program holds it in execve(2), so that there is time to kill its parent. */
static void bears_with_the_kill_of_the_parent(void)
{
	struct starter starter = {.r = 0};
	int lease = copy_program(starter.program, sizeof(starter.program));
	struct timespec moment = {.tv_nsec = 1000000};

	MUST(lease >= 0 && signal(SIGIO, SIG_IGN) != SIG_ERR);
	MUST(fcntl(lease, F_SETLEASE, F_WRLCK) == 0);
	MUST(pthread_create(&starter.thread, NULL, start_slowly, &starter) == 0);
	while (fcntl(lease, F_GETLEASE) == F_WRLCK)
		(void)nanosleep(&moment, NULL);
	MUST(kill(child_of_thread(starter.tid), SIGKILL) == 0);
	MUST(pthread_join(starter.thread, NULL) == 0);
	MUST(starter.r == -ECANCELED && starter.worker.pidfd == -1);
	MUST(application_has_no_child());
	/* and the program comes to no harm */
	MUST(fcntl(lease, F_SETLEASE, F_UNLCK) == 0);
	worker_read(&starter.worker);
	MUST(worker_tells(&starter.worker, "\nfolder /\n"));
	_exit(0); /* with the pidfd */
}

static void waits_until_the_deadline(void)
{
	struct worker worker;
	int64_t before = 0;

	MUST(ks_spawn_wait(APPLICATION_DESCRIPTORS - 1, ks_now_ms()) == -EBADF);
	worker_start(&worker);
	MUST(ks_spawn_wait(worker.pidfd, 0) == -ETIMEDOUT);
	before = ks_now_ms();
	MUST(ks_spawn_wait(worker.pidfd, before + SHORT_MS) == -ETIMEDOUT);
	MUST(ks_now_ms() - before >= SHORT_MS);
	ks_spawn_kill(worker.pidfd);
	MUST(ks_spawn_wait(worker.pidfd, INT64_MAX) == 0);
	MUST(ks_spawn_wait(worker.pidfd, 0) == 0);
	ks_spawn_kill(worker.pidfd);
	worker_finish(&worker);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IN_APPLICATION(tells_why_execve_failed),
		IN_APPLICATION(keeps_no_memory),
		IN_APPLICATION(bears_with_full_descriptors),
		IN_APPLICATION(bears_with_no_memory),
		IN_APPLICATION(bears_with_no_process),
		IN_APPLICATION(bears_with_the_kill_of_the_parent),
		IN_APPLICATION(waits_until_the_deadline),
	};

	return application_run_tests(argc, argv, "spawn-faults", tests, COUNT(tests));
}
