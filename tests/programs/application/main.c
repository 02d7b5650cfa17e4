/* SPDX-License-Identifier: MIT */
#include "application.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/secret.h"

enum {
	REPORT = 200, /* the descriptor on which faults are told: nobody's, and not among the first 64 */
	DESCRIPTORS = 64,
	HANG_SECONDS = 60,
	PATH_BYTES = 64,
	STATUS_BYTES = 512
};

_Thread_local struct pair answered[ENTRIES_MAX];
_Thread_local unsigned answered_count;
void (*application_note)(const char *text);

void must(bool is_true, const char *text, const char *file, int line)
{
	if (is_true)
		return;
	(void)dprintf(REPORT, "%s:%d: %s (errno %d)\n", file, line, text, errno);
	_exit(1);
}

static void note(void *data, const char *module, int is_warning, const char *text)
{
	int child = 0, parent = 0;

	(void)data;
	(void)module;
	(void)is_warning;
	if (sscanf(text, "process %d of %d", &child, &parent) == 2 && answered_count < ENTRIES_MAX)
		answered[answered_count++] = (struct pair){child, parent};
	if (application_note)
		application_note(text);
}

struct ks_context *open_stack(const char *service)
{
	struct ks_open_options options = {.size = sizeof(options), .log = note};
	struct ks_context *context = NULL;

	MUST(ks_open(service, &options, &context, NULL) == KS_OK);
	return context;
}

enum ks_result ask(struct ks_context *context, int64_t timeout_ms, struct ks_error *error)
{
	const struct ks_request request = {.size = sizeof(request), .timeout_ms = timeout_ms};
	struct ks_credential *credential = NULL;
	enum ks_result result = KS_ERROR;

	answered_count = 0;
	result = ks_resolve(context, &request, &credential, NULL, error);
	(void)ks_credential_free(credential);
	return result;
}

struct pair ask_one(struct ks_context *context)
{
	struct ks_error error = KS_ERROR_INIT;

	if (ask(context, 0, &error) != KS_OK)
		must(false, error.message, __FILE__, __LINE__);
	MUST(answered_count == 1);
	MUST(answered[0].module != getpid() && answered[0].supervisor != getpid());
	return answered[0];
}

static bool process_is_alive(pid_t pid)
{
	char path[PATH_BYTES], status[STATUS_BYTES];
	const char *state = NULL;
	ssize_t length = 0;
	int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, status, sizeof(status) - 1);
	(void)close(fd);
	if (length <= 0)
		return false;
	status[length] = '\0';
	/* one that ended and that nobody has reaped yet is as good as gone */
	state = strrchr(status, ')');
	return state && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}

bool is_alive(struct pair pair)
{
	return process_is_alive(pair.module) || process_is_alive(pair.supervisor);
}

bool is_same(struct pair one, struct pair other)
{
	return one.module == other.module && one.supervisor == other.supervisor;
}

void must_end(struct pair pair)
{
	const int64_t deadline = now_ms() + END_MS;

	while (is_alive(pair) && now_ms() < deadline)
		sleep_ms(1);
	MUST(!is_alive(pair));
}

bool has_no_child(void)
{
	return waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD;
}

uint64_t open_descriptors(void)
{
	uint64_t set = 0;

	for (int fd = 0; fd < DESCRIPTORS; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			set |= UINT64_C(1) << fd;
	return set;
}

pid_t run_child(void (*body)(void *data), void *data)
{
	pid_t pid = fork();

	MUST(pid >= 0);
	if (pid > 0)
		return pid;
	body(data);
	_exit(0);
}

void must_be_well(pid_t child)
{
	int status = -1;

	MUST(waitpid(child, &status, 0) == child);
	MUST(status == 0);
}

void tell(int fd, const void *bytes, size_t length)
{
	MUST(write(fd, bytes, length) == (ssize_t)length);
}

void hear(int fd, void *bytes, size_t length)
{
	MUST(read(fd, bytes, length) == (ssize_t)length);
}

void record(const char *name, int64_t value)
{
	MUST(printf("%s %lld\n", name, (long long)value) > 0 && fflush(stdout) == 0);
}

int64_t now_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(int64_t ms)
{
	struct timespec rest = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	while (nanosleep(&rest, &rest) < 0)
		;
}

static const struct role *const tables[] = {habits, families, employers};

enum {
	TABLES = sizeof(tables) / sizeof(tables[0])
};

static const struct role *find_role(const char *name)
{
	for (size_t i = 0; i < TABLES; i++)
		for (const struct role *role = tables[i]; role->name; role++)
			if (strcmp(role->name, name) == 0)
				return role;
	return NULL;
}

static void list_roles(void)
{
	for (size_t i = 0; i < TABLES; i++)
		for (const struct role *role = tables[i]; role->name; role++)
			(void)puts(role->name);
}

int main(int argc, char **argv)
{
	const struct role *role = argc == 2 ? find_role(argv[1]) : NULL;

	if (!role) {
		list_roles();
		return 64;
	}
	(void)alarm(HANG_SECONDS);
	if (dup3(STDERR_FILENO, REPORT, O_CLOEXEC) < 0)
		return 1;
	role->play();
	MUST(has_no_child());
	MUST(ks_secret_in_use() == 0);
	return 0;
}
