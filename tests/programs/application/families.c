/* SPDX-License-Identifier: MIT */
#include "application.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CONTEXTS = 10,
	HANG_SECONDS = 60
};

/* --- those that get the orphans of others --- */

/* The worker's end is theirs to notice as well, and nothing of it is left. */
static void use_worker_as_parent(void)
{
	struct ks_context *context = open_stack(NULL);
	struct pair pair = ask_one(context);

	MUST(is_same(pair, ask_one(context)));
	MUST(pair.module > 1 && kill(pair.module, SIGKILL) == 0);
	must_end(pair);
	MUST(!is_same(pair, ask_one(context)));
	pair = answered[0];
	(void)ks_close(context);
	must_end(pair);
}

static void is_init(void)
{
	MUST(getpid() == 1);
	use_worker_as_parent();
}

static void is_subreaper(void)
{
	MUST(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	use_worker_as_parent();
}

static void *reap_all(void *data)
{
	const atomic_bool *is_over = data;

	while (!*is_over)
		if (waitpid(-1, NULL, 0) < 0)
			MUST(errno == ECHILD);
	return NULL;
}

static void is_subreaper_that_reaps_all(void)
{
	atomic_bool is_over = false;
	pthread_t reaper;

	MUST(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	MUST(pthread_create(&reaper, NULL, reap_all, &is_over) == 0);
	for (unsigned i = 0; i < CONTEXTS; i++)
		use_worker_as_parent();
	is_over = true;
	MUST(pthread_join(reaper, NULL) == 0);
}

/* --- those that fork --- */

static void must_be_refused(struct ks_context *context)
{
	struct ks_error error = KS_ERROR_INIT;

	MUST(ask(context, 0, &error) == KS_ERROR && strstr(error.message, "parent"));
	MUST(answered_count == 0);
}

static void ask_and_end(void *data)
{
	must_be_refused(data);
}

/* Which descriptors were open before the context was. */
static uint64_t own_descriptors;

static void ask_and_close(void *data)
{
	must_be_refused(data);
	(void)ks_close(data);
	MUST(open_descriptors() == own_descriptors);
}

static void close_and_open_another(void *data)
{
	struct ks_context *context = NULL;
	struct pair pair;

	(void)ks_close(data);
	context = open_stack(NULL);
	pair = ask_one(context);
	(void)ks_close(context);
	must_end(pair);
}

static void (*const children[])(void *data) = {ask_and_end, ask_and_close, close_and_open_another};

enum {
	CHILDREN = sizeof(children) / sizeof(children[0])
};

static void forks_before_a_request(void)
{
	struct ks_context *context = NULL;
	struct pair pair;

	own_descriptors = open_descriptors();
	context = open_stack(NULL);
	for (size_t i = 0; i < CHILDREN; i++)
		must_be_well(run_child(children[i], context));
	pair = ask_one(context);
	(void)ks_close(context);
	must_end(pair);
}

static void forks_between_requests(void)
{
	struct ks_context *context = NULL;
	struct pair pair;

	own_descriptors = open_descriptors();
	context = open_stack(NULL);
	pair = ask_one(context);
	for (size_t i = 0; i < CHILDREN; i++) {
		must_be_well(run_child(children[i], context));
		MUST(is_alive(pair) && is_same(pair, ask_one(context)));
	}
	(void)ks_close(context);
	must_end(pair);
}

/* --- those that end, and leave a child with all their descriptors --- */

struct will {
	struct pair pair;
	pid_t heir;
};

static void inherit(void *data)
{
	(void)data;
	(void)alarm(HANG_SECONDS);
	for (;;)
		(void)pause();
}

static void ask_fork_and_die(void *data)
{
	const int *fds = data;
	struct will will = {.pair = ask_one(open_stack(NULL)), .heir = run_child(inherit, NULL)};

	tell(fds[1], &will, sizeof(will));
	(void)raise(SIGKILL);
}

static void leaves_its_descriptors_to_a_child(void)
{
	struct will will = {0};
	int fds[2], status = 0;
	pid_t child = -1;

	MUST(pipe(fds) == 0);
	child = run_child(ask_fork_and_die, fds);
	MUST(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	hear(fds[0], &will, sizeof(will));
	must_end(will.pair);
	MUST(will.heir > 1 && kill(will.heir, SIGKILL) == 0);
}

static void ask_and_be_a_daemon(void *data)
{
	const int *fds = data;
	struct ks_context *context = open_stack(NULL);
	struct pair pair = ask_one(context);

	MUST(daemon(0, 0) == 0);
	must_be_refused(context);
	must_end(pair);
	close_and_open_another(context);
	tell(fds[1], "", 1);
}

static void becomes_a_daemon(void)
{
	char byte = 0;
	int fds[2];

	MUST(pipe(fds) == 0);
	must_be_well(run_child(ask_and_be_a_daemon, fds));
	MUST(close(fds[1]) == 0);
	hear(fds[0], &byte, sizeof(byte));
}

/* --- and one that moves --- */

/* A worker that runs goes on. A new one would be started from the new root, by whoever wrote what lies there. */
static void ask_in_another_root(void *data)
{
	const char *folder = data;
	struct ks_context *first = open_stack(NULL), *second = open_stack(NULL);
	struct ks_error error = KS_ERROR_INIT;
	struct pair pair = ask_one(first);
	struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pair.supervisor, 0), .events = POLLIN};

	MUST(chroot(folder) == 0 && chdir("/") == 0);
	MUST(is_same(pair, ask_one(first)));
	MUST(ask(second, 0, &error) == KS_ERROR && strstr(error.message, "KS_OPEN_PRELOAD"));
	/* without /proc, which the other root does not have */
	MUST(pair.module > 1 && kill(pair.module, SIGKILL) == 0 && poll(&end, 1, END_MS) == 1);
	MUST(ask(first, 0, &error) == KS_ERROR && strstr(error.message, "KS_OPEN_PRELOAD"));
	(void)ks_close(first);
	(void)ks_close(second);
}

static void changes_its_root(void)
{
	char folder[] = "/tmp/keystile-root-XXXXXX";

	MUST(mkdtemp(folder) != NULL);
	must_be_well(run_child(ask_in_another_root, folder));
	MUST(rmdir(folder) == 0);
}

const struct role families[] = {
	{"is-init", is_init},
	{"is-subreaper", is_subreaper},
	{"is-subreaper-that-reaps-all", is_subreaper_that_reaps_all},
	{"forks-before-a-request", forks_before_a_request},
	{"forks-between-requests", forks_between_requests},
	{"leaves-its-descriptors-to-a-child", leaves_its_descriptors_to_a_child},
	{"becomes-a-daemon", becomes_a_daemon},
	{"changes-its-root", changes_its_root},
	{NULL, NULL},
};
