/* SPDX-License-Identifier: MIT */
#include "tests/support/application.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/process.h"
#include "core/spawn.h"
#include "tests/unit/unit.h"

enum {
	WAIT_MS = 20000,
	HANG_SECONDS = 120
};

static char first[] = "KEYSTILE_FIRST=1", empty[] = "EMPTY=", last[] = "KEYSTILE_LAST=two words";
char *worker_variables[] = {first, empty, last, NULL};
const char *worker_program;

/* Shared with the application, which may have no standard error. */
static struct {
	int line;
	char text[256];
} * failure;

void must(bool is_true, const char *text, int line)
{
	if (is_true)
		return;
	failure->line = line;
	(void)snprintf(failure->text, sizeof(failure->text), "%s (errno %d)", text, errno);
	_exit(1);
}

uint64_t application_descriptors(void)
{
	uint64_t set = 0;

	for (int fd = 0; fd < APPLICATION_DESCRIPTORS; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			set |= UINT64_C(1) << fd;
	return set;
}

bool application_has_no_child(void)
{
	return waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD;
}

_Noreturn void application_run(void (*body)(void))
{
	const uint64_t descriptors = application_descriptors();

	(void)alarm(HANG_SECONDS);
	body();
	MUST(application_has_no_child());
	MUST(application_descriptors() == descriptors);
	_exit(0);
}

void application_test(void **state)
{
	const struct application *application = *state;
	int status = -1;
	pid_t pid = -1;

	memset(failure, 0, sizeof(*failure));
	pid = fork();
	if (pid == 0)
		application_run(application->body);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (failure->line)
		fail_msg("line %d: %s", failure->line, failure->text);
	assert_int_equal(status, 0);
}

int application_run_tests(int argc, char **argv, const char *name, const struct CMUnitTest *tests, size_t count)
{
	if (argc != 2)
		return 1;
	worker_program = argv[1];
	failure = mmap(NULL, sizeof(*failure), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (failure == MAP_FAILED)
		return 1;
	return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}

int worker_try(struct worker *worker, const char *path, char **variables)
{
	int ends[2] = {-1, -1}, r = 0;

	*worker = (struct worker){-1, -1, ""};
	MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
	worker->socket = ends[0];
	errno = ENOTUNIQ;
	r = ks_spawn(path, variables, ends[1], &worker->pidfd);
	MUST(errno == ENOTUNIQ);
	MUST(close(ends[1]) == 0);
	return r;
}

void worker_read(struct worker *worker)
{
	ssize_t length = recv(worker->socket, worker->report, sizeof(worker->report) - 1, 0);

	MUST(length > 0);
	worker->report[length] = '\0';
}

void worker_start(struct worker *worker)
{
	MUST(worker_try(worker, worker_program, worker_variables) == 0);
	MUST(worker->pidfd > STDERR_FILENO && fcntl(worker->pidfd, F_GETFD) == FD_CLOEXEC);
	worker_read(worker);
}

/* After a start that failed: nobody has the other end. */
void worker_must_be_none(struct worker *worker)
{
	char byte = 0;

	MUST(worker->pidfd == -1);
	MUST(application_has_no_child());
	MUST(recv(worker->socket, &byte, sizeof(byte), 0) == 0);
	MUST(close(worker->socket) == 0);
}

void worker_finish(struct worker *worker)
{
	MUST(close(worker->socket) == 0);
	MUST(ks_spawn_wait(worker->pidfd, ks_now_ms() + WAIT_MS) == 0);
	MUST(close(worker->pidfd) == 0);
}

bool worker_tells(const struct worker *worker, const char *line)
{
	return strstr(worker->report, line) != NULL;
}

pid_t worker_process(const struct worker *worker)
{
	const char *line = strstr(worker->report, "process ");

	MUST(line != NULL);
	return (pid_t)strtol(line + strlen("process "), NULL, 10);
}

/* Whether the lines of a kind, without those words, are `expected`. */
bool worker_tells_all(const struct worker *worker, const char *kind, const char *expected)
{
	char found[4096] = "";

	for (const char *line = worker->report; *line; line = strchr(line, '\n') + 1)
		if (strncmp(line, kind, strlen(kind)) == 0)
			(void)strncat(found, line + strlen(kind), strcspn(line, "\n") + 1 - strlen(kind));
	return strncmp(found, expected, strlen(expected)) == 0 && !strchr(found + strlen(expected), '\n');
}
