/* SPDX-License-Identifier: MIT */
#include "kit/check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/problem.h"

enum {
	CHECK_SECONDS = 20, /* no check waits as long for a module that keeps to the rules */
	TEXT_BYTES = 1024
};

/* What a check and its descendants leave for the one who waits. */
struct verdict {
	_Atomic(enum check_end) end;
	atomic_bool is_taken; /* somebody is telling */
	enum rule rule;
	char text[TEXT_BYTES];
	enum rule rule_now;
	char now[TEXT_BYTES];
};

unsigned check_count[CHECK_ENDS];
static struct verdict *verdict;
static int proc = -1;
static volatile sig_atomic_t stopped_by;

static void stop(int number)
{
	stopped_by = number;
}

int check_set_up(void)
{
	const struct sigaction action = {.sa_handler = stop};

	verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (verdict == MAP_FAILED)
		return -errno;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return -errno;
	/* workers that have lost their caller come here, not to a process 1 that may be slow to notice */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return -errno;
	if (sigaction(SIGINT, &action, NULL) < 0 || sigaction(SIGTERM, &action, NULL) < 0 ||
		sigaction(SIGHUP, &action, NULL) < 0)
		return -errno;
	return 0;
}

int check_proc(void)
{
	return proc;
}

void during(enum rule rule, const char *what)
{
	verdict->rule_now = rule;
	(void)snprintf(verdict->now, sizeof(verdict->now), "%s", what);
}

const char *now_during(void)
{
	return verdict->now;
}

/* Another thread that has something to tell waits for the end that comes. */
static _Noreturn void finish(enum check_end end, enum rule rule, const char *text)
{
	while (atomic_exchange(&verdict->is_taken, true))
		(void)pause();
	verdict->rule = rule;
	(void)snprintf(verdict->text, sizeof(verdict->text), "%s", text);
	atomic_store(&verdict->end, end);
	_exit(0);
}

void broken(enum rule rule, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	finish(CHECK_BROKEN, rule, text);
}

void left_out(const char *why)
{
	finish(CHECK_LEFT_OUT, 0, why);
}

void refused(const char *why)
{
	finish(CHECK_REFUSED, 0, why);
}

void unable(const char *what, int error)
{
	char text[TEXT_BYTES];

	(void)snprintf(text, sizeof(text), "%s: %s", what, strerror(error));
	finish(CHECK_UNABLE, 0, text);
}

bool has_ended(void)
{
	return atomic_load(&verdict->end) != CHECK_DIED;
}

/* A file for each of the three, so that using them is seen; and there is something to be read. */
static void redirect(void)
{
	static const char *const names[] = {"input", "output", "error"};
	char path[PATH_MAX];
	int fd = -1;

	for (int i = 0; i < 3; i++) {
		place_path(path, names[i]);
		fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd < 0 || dup2(fd, i) < 0 || close(fd) < 0 || (i == 0 && write(i, "input\n", 6) != 6) ||
			lseek(i, 0, SEEK_SET) < 0)
			unable("a file in the private folder", errno);
	}
}

/*
 * A process that does nothing but lead a group. A check is one of the group, so that all it leaves behind is found,
 * and is not its leader, so that leaving it is seen.
 */
static pid_t start_leader(void)
{
	pid_t leader = fork();

	if (leader == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)pause();
	}
	if (leader > 0)
		(void)setpgid(leader, leader);
	return leader;
}

static void end_group(pid_t leader)
{
	(void)kill(-leader, SIGKILL);
	while (waitpid(leader, NULL, 0) < 0 && errno == EINTR)
		continue;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

static _Noreturn void run_child(
	const struct check *check, const struct kit *kit, const struct home *home, pid_t leader)
{
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	if (setpgid(0, leader) < 0 || prctl(PR_SET_PDEATHSIG, SIGHUP) < 0)
		unable("a process for the check", errno);
	redirect();
	check->run(kit, home);
	finish(CHECK_PASSED, 0, "");
}

/* Waits for the end, or kills. Returns whether it ended by itself; the status is the process's. */
static bool wait_for(pid_t child, int *ret_status)
{
	const struct timespec limit = {.tv_sec = CHECK_SECONDS};
	struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, child, 0), .events = POLLIN};
	int count = end.fd < 0 ? 0 : ppoll(&end, 1, &limit, NULL);

	if (end.fd >= 0)
		(void)close(end.fd);
	(void)kill(child, count > 0 ? 0 : SIGKILL);
	while (waitpid(child, ret_status, 0) < 0 && errno == EINTR)
		continue;
	return count > 0;
}

static void tell_death(bool is_by_itself, int status)
{
	char text[TEXT_BYTES];

	verdict->end = is_by_itself ? CHECK_BROKEN : CHECK_HUNG;
	verdict->rule = is_by_itself ? verdict->rule_now : RULE_DEADLINE;
	if (!is_by_itself)
		(void)snprintf(
			text, sizeof(text), "%.512s had not returned after %d seconds", verdict->now, CHECK_SECONDS);
	else if (WIFSIGNALED(status))
		(void)snprintf(text, sizeof(text), "%.512s ended the process: signal %d, %s", verdict->now,
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		(void)snprintf(text, sizeof(text), "%.512s ended the process: exit status %d", verdict->now,
			WEXITSTATUS(status));
	(void)snprintf(verdict->text, sizeof(verdict->text), "%s", text);
}

static void report(const char *name, const char *home)
{
	static const char program[] = "keystile-module-test";

	ks_scrub(verdict->text);
	switch (atomic_load(&verdict->end)) {
	case CHECK_PASSED:
		(void)printf("ok %s%s\n", name, home);
		break;
	case CHECK_BROKEN:
	case CHECK_HUNG:
		(void)printf("not ok %s%s: %s, \"%s\": %s\n", name, home, rule_place(verdict->rule),
			rule_words(verdict->rule), verdict->text);
		break;
	case CHECK_LEFT_OUT:
		(void)fprintf(stderr, "%s: %s%s: left out: %s\n", program, name, home, verdict->text);
		break;
	default:
		(void)fprintf(stderr, "%s: %s%s: %s\n", program, name, home, verdict->text);
		break;
	}
	(void)fflush(stdout);
}

enum check_end check_run(const struct check *check, const struct kit *kit, const struct home *home)
{
	char where[KS_NAME_MAX] = "";
	int status = 0;
	pid_t leader = -1, child = -1;
	bool is_by_itself = false;

	memset(verdict, 0, sizeof(*verdict));
	during(RULE_ENDS, "the check");
	(void)fflush(stdout);
	leader = start_leader();
	child = leader > 0 ? fork() : -1;
	if (child == 0)
		run_child(check, kit, home, leader);
	if (child > 0)
		is_by_itself = wait_for(child, &status);
	if (child < 0 || stopped_by) {
		verdict->end = CHECK_UNABLE;
		(void)snprintf(verdict->text, sizeof(verdict->text), "%s",
			child < 0 ? strerror(errno) : "stopped by a signal");
	} else if (!has_ended()) {
		tell_death(is_by_itself, status);
	}
	if (leader > 0)
		end_group(leader);
	if (home)
		(void)snprintf(where, sizeof(where), " in %s", home->name);
	report(check->name, where);
	check_count[verdict->end]++;
	return verdict->end;
}
