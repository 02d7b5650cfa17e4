/* SPDX-License-Identifier: MIT */
#include "application.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	THREADS = 8,
	ROUNDS = 20,
	CONTEXTS = 20,
	OWN_FILES = 16,
	PATH_BYTES = 4096
};

/* What every one of them does: the worker serves twice, and is gone with the context. */
static void use_worker(void)
{
	struct ks_context *context = open_stack(NULL);
	struct pair pair = ask_one(context);

	MUST(is_alive(pair) && is_same(pair, ask_one(context)));
	MUST(has_no_child());
	MUST(getsid(pair.module) == pair.supervisor);
	(void)ks_close(context);
	must_end(pair);
}

/*
 * As a daemon that starts: it closes every number, and then its own files have those that the worker's had. They are
 * left alone, and the worker that was there is gone.
 */
static void put_own_files(struct stat mine[OWN_FILES])
{
	int pairs[2];

	closefrom(3);
	for (unsigned i = 0; i < OWN_FILES; i += 2) {
		MUST(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pairs) == 0);
		MUST(pairs[0] == 3 + (int)i && pairs[1] == pairs[0] + 1);
		MUST(fstat(pairs[0], &mine[i]) == 0 && fstat(pairs[1], &mine[i + 1]) == 0);
	}
}

static void must_have_own_files(const struct stat mine[OWN_FILES])
{
	struct stat now;

	for (unsigned i = 0; i < OWN_FILES; i++) {
		MUST(fstat(3 + (int)i, &now) == 0 && now.st_ino == mine[i].st_ino);
		MUST(recv(3 + (int)i, &now, sizeof(now), MSG_DONTWAIT) < 0 && errno == EAGAIN);
	}
}

static void close_whatever_a_parent_had(void *data)
{
	struct stat mine[OWN_FILES];

	put_own_files(mine);
	(void)ks_close(data);
	must_have_own_files(mine);
}

static void closes_whatever_it_finds(void)
{
	struct ks_context *context = open_stack(NULL);
	struct pair pair = ask_one(context);
	struct stat mine[OWN_FILES];

	must_be_well(run_child(close_whatever_a_parent_had, context));
	MUST(is_same(pair, ask_one(context)));
	put_own_files(mine);
	must_end(pair);
	MUST(!is_same(pair, ask_one(context)));
	pair = ask_one(context);
	(void)ks_close(context);
	must_end(pair);
	must_have_own_files(mine);
}

/* --- signals --- */

static atomic_uint signals;

static void count_signal(int number)
{
	(void)number;
	(void)atomic_fetch_add(&signals, 1);
}

static void handle_child(void (*handler)(int number), int flags)
{
	const struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
	struct sigaction found = {0};

	MUST(sigaction(SIGCHLD, &action, NULL) == 0);
	use_worker();
	MUST(sigaction(SIGCHLD, NULL, &found) == 0);
	MUST(found.sa_handler == handler && (found.sa_flags & flags) == flags);
}

static void ignores_children(void)
{
	handle_child(SIG_IGN, 0);
}

static void wants_no_zombies(void)
{
	handle_child(SIG_DFL, SA_NOCLDWAIT);
}

static void counts_signals(void)
{
	handle_child(count_signal, SA_RESTART);
	MUST(signals == 0);
	(void)raise(SIGCHLD);
	MUST(signals == 1);
}

static void *reap_all(void *data)
{
	atomic_bool *is_over = data;

	while (!*is_over) {
		pid_t pid = waitpid(-1, NULL, 0);

		MUST(pid < 0 && errno == ECHILD);
	}
	return NULL;
}

static void waits_for_any_child(void)
{
	atomic_bool is_over = false;
	pthread_t reaper;

	MUST(pthread_create(&reaper, NULL, reap_all, &is_over) == 0);
	for (unsigned i = 0; i < CONTEXTS; i++)
		use_worker();
	is_over = true;
	MUST(pthread_join(reaper, NULL) == 0);
}

/* --- descriptors and limits --- */

static void has_no_standard_streams(void)
{
	struct ks_context *context = NULL;
	struct pair pair;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		MUST(close(fd) == 0);
	context = open_stack(NULL);
	pair = ask_one(context);
	MUST((open_descriptors() & 7) == 0);
	MUST(is_same(pair, ask_one(context)));
	(void)ks_close(context);
	must_end(pair);
	MUST(open_descriptors() == 0);
}

/* Who reads what this program writes must see its end when the program closes it: the worker has no copy. */
static void ends_its_output(void)
{
	struct ks_context *context = NULL;
	struct pollfd end = {.events = POLLIN};
	int fds[2];
	char byte = 0;

	MUST(pipe(fds) == 0 && dup2(fds[1], STDOUT_FILENO) == STDOUT_FILENO && dup2(fds[1], STDIN_FILENO) == 0);
	context = open_stack(NULL);
	(void)ask_one(context);
	MUST(close(fds[1]) == 0 && close(STDOUT_FILENO) == 0 && close(STDIN_FILENO) == 0);
	end.fd = fds[0];
	MUST(poll(&end, 1, END_MS) == 1 && read(fds[0], &byte, 1) == 0);
	(void)ask_one(context);
	(void)ks_close(context);
}

/* With more and more descriptors to be had: it fails at once and for that reason, or not at all. */
static void has_few_descriptors(void)
{
	const uint64_t before = open_descriptors();
	bool was_refused = false, was_answered = false;
	struct rlimit limit, few;

	MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	few = limit;
	for (few.rlim_cur = 3; !was_answered; few.rlim_cur++) {
		struct ks_error error = KS_ERROR_INIT;
		struct ks_context *context = open_stack(NULL);
		enum ks_result result = KS_OK;

		MUST(few.rlim_cur < 64 && setrlimit(RLIMIT_NOFILE, &few) == 0);
		result = ask(context, 0, &error);
		MUST(result == KS_OK || (result == KS_ERROR && strstr(error.message, strerror(EMFILE))));
		was_refused |= result == KS_ERROR;
		was_answered |= result == KS_OK;
		MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
		(void)ask_one(context);
		(void)ks_close(context);
		MUST(open_descriptors() == before);
	}
	MUST(was_refused);
}

/* --- where it is --- */

static void has_lost_its_folder(void)
{
	char folder[] = "/tmp/keystile-lost-XXXXXX", path[PATH_BYTES];

	MUST(mkdtemp(folder) && chdir(folder) == 0 && rmdir(folder) == 0);
	use_worker();
	MUST(!getcwd(path, sizeof(path)) && errno == ENOENT);
}

static void masks_every_mode(void)
{
	(void)umask(0777);
	use_worker();
	MUST(umask(0) == 0777);
}

/* --- threads --- */

struct asker {
	pthread_t thread;
	struct ks_context *context;
	pthread_barrier_t *start;
	struct pair pair;
};

static void *ask_again_and_again(void *data)
{
	struct asker *asker = data;
	struct ks_context *context = asker->context ? asker->context : open_stack("several");

	(void)pthread_barrier_wait(asker->start);
	for (unsigned i = 0; i < ROUNDS; i++) {
		MUST(ask(context, 0, NULL) == KS_OK && answered_count == 3);
		MUST(i == 0 || is_same(asker->pair, answered[2]));
		asker->pair = answered[2];
	}
	if (!asker->context)
		(void)ks_close(context);
	return NULL;
}

/* On one context, or each on its own. */
static void ask_at_once(struct ks_context *context)
{
	struct asker askers[THREADS] = {0};
	pthread_barrier_t start;

	MUST(pthread_barrier_init(&start, NULL, THREADS) == 0);
	for (unsigned i = 0; i < THREADS; i++) {
		askers[i].context = context;
		askers[i].start = &start;
		MUST(pthread_create(&askers[i].thread, NULL, ask_again_and_again, &askers[i]) == 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		MUST(pthread_join(askers[i].thread, NULL) == 0);
	for (unsigned i = 1; i < THREADS; i++)
		MUST(is_same(askers[i].pair, askers[0].pair) == (context != NULL));
	(void)ks_close(context);
	for (unsigned i = 0; i < THREADS; i++)
		must_end(askers[i].pair);
	MUST(pthread_barrier_destroy(&start) == 0);
}

static void asks_one_context_in_threads(void)
{
	ask_at_once(open_stack("several"));
}

static void asks_many_contexts_in_threads(void)
{
	ask_at_once(NULL);
}

const struct role habits[] = {
	{"ignores-children", ignores_children},
	{"wants-no-zombies", wants_no_zombies},
	{"counts-signals", counts_signals},
	{"waits-for-any-child", waits_for_any_child},
	{"has-no-standard-streams", has_no_standard_streams},
	{"ends-its-output", ends_its_output},
	{"has-few-descriptors", has_few_descriptors},
	{"closes-whatever-it-finds", closes_whatever_it_finds},
	{"has-lost-its-folder", has_lost_its_folder},
	{"masks-every-mode", masks_every_mode},
	{"asks-one-context-in-threads", asks_one_context_in_threads},
	{"asks-many-contexts-in-threads", asks_many_contexts_in_threads},
	{NULL, NULL},
};
