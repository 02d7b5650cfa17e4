/* SPDX-License-Identifier: MIT */
/*
 * Programs started by applications of every kind, which must not notice.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/spawn.h"
#include "tests/support/application.h"
#include "tests/unit/mounts.h"

enum {
	THREADS = 8,
	SPAWNS = 50,
	HIGH = 20 /* a descriptor that is nobody's */
};

static void start_and_look(void)
{
	struct worker worker;

	worker_start(&worker);
	MUST(worker_tells_all(&worker, "argument ", "spawned\n"));
	MUST(worker_tells_all(&worker, "variable ", "KEYSTILE_FIRST=1\nEMPTY=\nKEYSTILE_LAST=two words\n"));
	MUST(worker_tells(&worker, "descriptor 0 /dev/null\ndescriptor 1 /dev/null\ndescriptor 2 /dev/null\n"
				   "descriptor 3 socket:"));
	MUST(!worker_tells(&worker, "descriptor 4") && !worker_tells(&worker, "descriptor 20"));
	MUST(worker_tells(&worker, "\nfolder /\nsession own\n"));
	MUST(worker_tells(&worker, "signals blocked fffffffffffbfeff ")); /* all that can be */
	worker_finish(&worker);
}

static void starts_a_program_with_nothing_but_the_socket(void)
{
	char before[4096], after[4096];
	sigset_t mask, since;
	/* on purpose not close-on-exec */
	int more = fcntl(STDIN_FILENO, F_DUPFD, HIGH);

	MUST(more >= HIGH);
	MUST(getcwd(before, sizeof(before)) && strcmp(before, "/") != 0);
	MUST(sigemptyset(&mask) == 0 && sigaddset(&mask, SIGUSR2) == 0 && sigprocmask(SIG_SETMASK, &mask, NULL) == 0);
	start_and_look();
	MUST(sigprocmask(SIG_SETMASK, NULL, &since) == 0);
	for (int i = 1; i < NSIG; i++)
		MUST(sigismember(&since, i) == (i == SIGUSR2));
	MUST(getcwd(after, sizeof(after)) && strcmp(before, after) == 0);
	MUST(close(more) == 0);
}

static void leaves_what_is_ignored_to_the_program(void)
{
	struct worker worker;

	MUST(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
	worker_start(&worker);
	MUST(worker_tells(&worker, "ignored 0000000000000200\n"));
	worker_finish(&worker);
}

static atomic_uint signals;

static void count_signal(int number)
{
	(void)number;
	(void)atomic_fetch_add(&signals, 1);
}

static void sends_no_signal(void)
{
	static const struct sigaction actions[] = {
		{.sa_handler = count_signal},
		{.sa_handler = count_signal, .sa_flags = SA_NOCLDWAIT},
		{.sa_handler = SIG_IGN},
		{.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT},
	};
	struct worker worker;

	for (size_t i = 0; i < COUNT(actions); i++) {
		MUST(sigaction(SIGCHLD, &actions[i], NULL) == 0);
		worker_start(&worker);
		worker_finish(&worker);
		worker_start(&worker);
		ks_spawn_kill(worker.pidfd);
		worker_finish(&worker);
		MUST(worker_try(&worker, "/nowhere", worker_variables) == -ENOENT);
		worker_must_be_none(&worker);
	}
	MUST(signals == 0);
}

struct waiter {
	pthread_t thread;
	pid_t own;
	atomic_bool is_over;
	unsigned own_ends, others;
};

static void count_end(struct waiter *waiter, pid_t pid)
{
	if (pid == waiter->own)
		waiter->own_ends++;
	else if (pid > 0)
		waiter->others++;
}

static void *wait_for_any(void *data)
{
	struct waiter *waiter = data;
	pid_t pid = 0;

	do {
		pid = waitpid(-1, NULL, 0);
		count_end(waiter, pid);
	} while (pid > 0 || errno != ECHILD);
	return NULL;
}

static void is_no_child_to_wait_for(void)
{
	struct waiter waiter = {0};
	struct worker worker;
	int ends[2];
	char byte = 0;

	MUST(pipe2(ends, O_CLOEXEC) == 0);
	waiter.own = fork();
	MUST(waiter.own >= 0);
	if (waiter.own == 0) {
		(void)close(ends[1]);
		_exit((int)read(ends[0], &byte, 1));
	}
	MUST(pthread_create(&waiter.thread, NULL, wait_for_any, &waiter) == 0);
	for (int i = 0; i < SPAWNS; i++) {
		worker_start(&worker);
		worker_finish(&worker);
	}
	MUST(close(ends[0]) == 0 && close(ends[1]) == 0);
	MUST(pthread_join(waiter.thread, NULL) == 0);
	MUST(waiter.own_ends == 1 && waiter.others == 0);
}

static void *wait_for_all(void *data)
{
	struct waiter *waiter = data;

	while (!waiter->is_over)
		count_end(waiter, waitpid(-1, NULL, __WALL | WNOHANG));
	return NULL;
}

/* One who asks for children without a signal takes the process in between from us. */
static void bears_with_one_who_waits_for_all(void)
{
	struct waiter waiter = {0};
	struct worker worker;

	MUST(pthread_create(&waiter.thread, NULL, wait_for_all, &waiter) == 0);
	for (int i = 0; i < SPAWNS; i++) {
		worker_start(&worker);
		worker_finish(&worker);
	}
	waiter.is_over = true;
	MUST(pthread_join(waiter.thread, NULL) == 0);
}

static void works_without_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		MUST(close(fd) == 0);
	start_and_look();
	MUST((application_descriptors() & 7) == 0);
	_exit(0); /* they are fewer than in the beginning */
}

static void takes_a_socket_that_has_the_number(void)
{
	struct worker worker = {-1, -1, ""};
	int ends[2];

	MUST(fcntl(KS_SPAWN_SOCKET, F_GETFD) < 0 || close(KS_SPAWN_SOCKET) == 0);
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	MUST(ends[0] == KS_SPAWN_SOCKET);
	worker.socket = ends[1];
	MUST(ks_spawn(worker_program, worker_variables, ends[0], &worker.pidfd) == 0);
	MUST(fcntl(ends[0], F_GETFD) == FD_CLOEXEC);
	MUST(close(ends[0]) == 0);
	worker_read(&worker);
	MUST(worker_tells(&worker, "descriptor 3 socket:") && !worker_tells(&worker, "descriptor 4"));
	worker_finish(&worker);
	_exit(application_has_no_child() ? 0 : 1);
}

static void *spawn_often(void *data)
{
	char variable[32], line[48];
	char *own[] = {variable, NULL};
	struct worker worker;

	for (int i = 0; i < SPAWNS; i++) {
		(void)snprintf(variable, sizeof(variable), "NUMBER=%p.%d", data, i);
		(void)snprintf(line, sizeof(line), "variable %s\n", variable);
		MUST(worker_try(&worker, worker_program, own) == 0);
		worker_read(&worker);
		MUST(worker_tells(&worker, line) && !worker_tells(&worker, "descriptor 4"));
		if (i % 2)
			ks_spawn_kill(worker.pidfd);
		worker_finish(&worker);
		MUST(worker_try(&worker, "/", own) == -EACCES);
		MUST(worker.pidfd == -1 && close(worker.socket) == 0);
	}
	return NULL;
}

static void serves_threads(void)
{
	pthread_t threads[THREADS];
	char marks[THREADS];

	for (unsigned i = 0; i < THREADS; i++)
		MUST(pthread_create(&threads[i], NULL, spawn_often, &marks[i]) == 0);
	for (unsigned i = 0; i < THREADS; i++)
		MUST(pthread_join(threads[i], NULL) == 0);
}

/* One that takes in orphans. */
static void take_in_orphan(void)
{
	struct worker worker;

	worker_start(&worker);
	MUST(waitpid(-1, NULL, WNOHANG | __WALL) == 0); /* a child that runs */
	ks_spawn_kill(worker.pidfd);
	worker_finish(&worker);
	MUST(application_has_no_child());
	worker_start(&worker);
	ks_spawn_kill(worker.pidfd);
	MUST(waitpid(-1, NULL, 0) == worker_process(&worker));
	worker_finish(&worker);
	MUST(worker_try(&worker, "/nowhere", worker_variables) == -ENOENT);
	worker_must_be_none(&worker);
}

static void works_in_a_subreaper(void)
{
	MUST(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
	take_in_orphan();
}

static void works_in_process_one(void)
{
	int status = -1;
	pid_t pid = -1;

	MUST(unshare(geteuid() == 0 ? CLONE_NEWPID : CLONE_NEWUSER | CLONE_NEWPID) == 0);
	pid = fork();
	if (pid == 0) {
		MUST(getpid() == 1);
		application_run(take_in_orphan);
	}
	MUST(pid > 0 && waitpid(pid, &status, 0) == pid);
	MUST(status == 0);
}

static void works_in_a_child_of_the_application(void)
{
	struct worker worker;
	int status = -1;
	pid_t pid = -1;

	worker_start(&worker);
	pid = fork();
	if (pid == 0) {
		ks_spawn_kill(worker.pidfd);
		worker_finish(&worker);
		start_and_look();
		_exit(application_has_no_child() ? 0 : 1);
	}
	MUST(pid > 0 && waitpid(pid, &status, 0) == pid);
	MUST(status == 0);
	worker_finish(&worker);
}

static void works_without_devices(void)
{
	struct worker worker;

	MUST(enter_own_mounts());
	MUST(mount("none", "/dev", "tmpfs", 0, NULL) == 0);
	worker_start(&worker);
	MUST(worker_tells(&worker, "descriptor 0 /\ndescriptor 1 /\ndescriptor 2 /\ndescriptor 3 socket:"));
	worker_finish(&worker);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		IN_APPLICATION(starts_a_program_with_nothing_but_the_socket),
		IN_APPLICATION(leaves_what_is_ignored_to_the_program),
		IN_APPLICATION(sends_no_signal),
		IN_APPLICATION(is_no_child_to_wait_for),
		IN_APPLICATION(bears_with_one_who_waits_for_all),
		IN_APPLICATION(works_without_standard_descriptors),
		IN_APPLICATION(takes_a_socket_that_has_the_number),
		IN_APPLICATION(serves_threads),
		IN_APPLICATION(works_in_a_subreaper),
		IN_APPLICATION(works_in_process_one),
		IN_APPLICATION(works_in_a_child_of_the_application),
		/* the last, as it needs root */
		IN_APPLICATION(works_without_devices),
	};

	return application_run_tests(argc, argv, "spawn", tests, COUNT(tests) - (geteuid() == 0 ? 0 : 1));
}
