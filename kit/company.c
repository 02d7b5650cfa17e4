/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/process.h"
#include "kit/ask.h"
#include "kit/checks.h"

enum {
	THREADS = 8,
	ROUNDS = 100,
	ROUNDS_MS = 2000 /* a slow module has fewer */
};

/* What every one is to come to, and how. */
struct task {
	const struct home *home;
	struct ks_context *context; /* that all use, or NULL */
	enum ks_result expected;
};

/* An answer that may differ from one moment to the next is none to compare with. */
static void expect(const struct task *task, enum ks_result result, enum rule rule, const char *who)
{
	if (result != task->expected && result != KS_UNAVAILABLE && task->expected != KS_UNAVAILABLE)
		broken(rule, "%s comes to %s, and one alone to %s", who, ks_result_name(result),
			ks_result_name(task->expected));
}

static _Noreturn void use_in_child(const struct task *task)
{
	struct ks_context *context = open_home(task->home);
	enum ks_result result = KS_OK;

	during(RULE_ENDS, "resolve() in a child of fork(2)");
	result = ask(context, ASK_TIMEOUT_MS).result;
	expect(task, result, RULE_GLOBALS, "a child of fork(2)");
	during(RULE_CLOSE, "close() in a child of fork(2)");
	(void)ks_close(context);
	_exit(0);
}

static void wait_for(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (has_ended())
		_exit(0); /* it has told why */
	if (WIFSIGNALED(status))
		broken(RULE_ENDS, "in a child of fork(2), %s ended the process: signal %d, %s", now_during(),
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != 0)
		broken(RULE_ENDS, "in a child of fork(2), %s ended the process: exit status %d", now_during(),
			WEXITSTATUS(status));
}

/* The child inherits a state of its parent's, and opens its own. Afterwards the parent's still works. */
void check_fork(const struct kit *kit, const struct home *home)
{
	struct ks_context *context = open_home(home);
	struct task task = {.home = home};
	pid_t child = -1;

	(void)kit;
	task.expected = ask(context, ASK_TIMEOUT_MS).result;
	child = fork();
	if (child < 0)
		unable("a child", errno);
	if (child == 0)
		use_in_child(&task);
	wait_for(child);
	expect(&task, ask(context, ASK_TIMEOUT_MS).result, RULE_GLOBALS, "the parent, after fork(2),");
	during(RULE_CLOSE, "close()");
	(void)ks_close(context);
}

static void *use(void *data)
{
	const struct task *task = data;
	struct ks_context *context = task->context ? task->context : open_home(task->home);
	const enum rule rule = task->context ? RULE_REENTRANT : RULE_GLOBALS;
	int64_t end = ks_now_ms() + ROUNDS_MS;

	for (unsigned i = 0; i < ROUNDS && ks_now_ms() < end; i++)
		expect(task, ask(context, ASK_TIMEOUT_MS).result, rule, "one of several threads");
	if (!task->context)
		(void)ks_close(context);
	return NULL;
}

static void run_threads(struct task *task)
{
	pthread_t threads[THREADS];
	int r = 0;

	for (int i = 0; i < THREADS; i++) {
		r = pthread_create(&threads[i], NULL, use, task);
		if (r != 0)
			unable("a thread", r);
	}
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
}

void check_threads(const struct kit *kit, const struct home *home)
{
	struct ks_context *context = open_home(home);
	struct task task = {.home = home};

	task.expected = ask(context, ASK_TIMEOUT_MS).result;
	run_threads(&task);
	if (kit->manifest.flags & KS_PROVIDER_REENTRANT) {
		task.context = context;
		run_threads(&task);
	}
	(void)ks_close(context);
}
