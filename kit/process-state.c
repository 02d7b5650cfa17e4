/* SPDX-License-Identifier: MIT */
#include "kit/process-state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define VARIABLE "environment variable "

enum {
	NAME_BYTES = 512,
	LINE_BYTES = 4096
};

/* One thing of the process, as text: its name tells it from all others. */
struct fact {
	char *name, *value;
};

struct process_state {
	struct fact *facts;
	size_t count, capacity;
	bool is_short_of_memory;
};

/* Takes `name` and `value` over. */
static void keep(struct process_state *state, char *name, char *value)
{
	size_t capacity = state->capacity ? state->capacity * 2 : 256;
	struct fact *facts = state->facts;

	if (name && value && state->count == state->capacity) {
		facts = reallocarray(state->facts, capacity, sizeof(*facts));
		if (facts) {
			state->facts = facts;
			state->capacity = capacity;
		}
	}
	if (name && value && facts) {
		state->facts[state->count++] = (struct fact){name, value};
		return;
	}
	free(name);
	free(value);
	state->is_short_of_memory = true;
}

__attribute__((format(printf, 3, 4))) static void note(
	struct process_state *state, const char *name, const char *format, ...)
{
	char *value = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&value, format, arguments) < 0)
		value = NULL;
	va_end(arguments);
	keep(state, strdup(name), value);
}

static void note_failure(struct process_state *state, const char *name)
{
	note(state, name, "not told by the kernel: %s", strerrorname_np(errno));
}

/* A folder under /proc, or NULL with a note about it. */
static DIR *open_folder(struct process_state *state, int proc, const char *path, const char *name)
{
	int fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

	if (folder)
		return folder;
	note_failure(state, name);
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

static FILE *open_file(struct process_state *state, int proc, const char *path, const char *name)
{
	int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (file)
		return file;
	note_failure(state, name);
	if (fd >= 0)
		(void)close(fd);
	return NULL;
}

static void note_link(struct process_state *state, int folder, const char *path, const char *name)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(folder, path, target, sizeof(target));

	if (length < 0)
		note_failure(state, name);
	else
		note(state, name, "%.*s", (int)length, target);
}

static void note_descriptor(struct process_state *state, int folder, const char *number)
{
	char name[NAME_BYTES], target[PATH_MAX];
	int fd = (int)strtol(number, NULL, 10);
	ssize_t length = readlinkat(folder, number, target, sizeof(target));

	(void)snprintf(name, sizeof(name), "descriptor %s", number);
	note(state, name, "%.*s, flags 0%o%s", length < 0 ? 0 : (int)length, target, (unsigned)fcntl(fd, F_GETFL),
		fcntl(fd, F_GETFD) & FD_CLOEXEC ? ", close-on-exec" : "");
}

static void note_descriptors(struct process_state *state, int proc)
{
	DIR *folder = open_folder(state, proc, "self/fd", "descriptors");
	struct dirent *item = NULL;

	while (folder && (item = readdir(folder))) {
		if (item->d_name[0] != '.' && strtol(item->d_name, NULL, 10) != dirfd(folder))
			note_descriptor(state, dirfd(folder), item->d_name);
	}
	if (folder)
		(void)closedir(folder);
}

static void note_positions(struct process_state *state)
{
	static const char *const names[] = {"standard input", "standard output", "standard error"};
	char name[NAME_BYTES];
	off_t position = 0;

	(void)fflush(stdout);
	(void)fflush(stderr);
	for (int fd = 0; fd < (int)COUNT(names); fd++) {
		position = lseek(fd, 0, SEEK_CUR);
		(void)snprintf(name, sizeof(name), "position of %s", names[fd]);
		if (position >= 0)
			note(state, name, "%lld", (long long)position);
	}
}

static void note_places(struct process_state *state, int proc)
{
	static const char *const namespaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
	char name[NAME_BYTES], path[NAME_BYTES];
	struct stat root;

	note_link(state, proc, "self/cwd", "working directory");
	if (stat("/", &root) < 0)
		note_failure(state, "root");
	else
		note(state, "root", "inode %llu of device %u:%u", (unsigned long long)root.st_ino, major(root.st_dev),
			minor(root.st_dev));
	for (size_t i = 0; i < COUNT(namespaces); i++) {
		(void)snprintf(name, sizeof(name), "%s namespace", namespaces[i]);
		(void)snprintf(path, sizeof(path), "self/ns/%s", namespaces[i]);
		note_link(state, proc, path, name);
	}
}

/* The text of a line without the blanks around it. */
static char *trim(char *text)
{
	size_t length = 0;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length > 0 && strchr(" \t\n", text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

/* What only the kernel's status file tells, or tells without changing it. */
static void note_status(struct process_state *state, int proc)
{
	static const struct {
		const char *word, *name;
	} lines[] = {
		{"Umask", "umask"},
		{"SigBlk", "signal mask"},
		{"Uid", "user ids"},
		{"Gid", "group ids"},
		{"Groups", "groups"},
		{"CapInh", "inheritable capabilities"},
		{"CapPrm", "permitted capabilities"},
		{"CapEff", "effective capabilities"},
		{"CapBnd", "bounding set of capabilities"},
		{"CapAmb", "ambient capabilities"},
		{"NoNewPrivs", "no_new_privs"},
		{"Seccomp", "seccomp"},
		{"Seccomp_filters", "seccomp filters"},
		{"Cpus_allowed_list", "processors"},
	};
	FILE *file = open_file(state, proc, "thread-self/status", "status");
	char line[LINE_BYTES], *value = NULL;

	while (file && fgets(line, sizeof(line), file)) {
		value = strchr(line, ':');
		if (!value)
			continue;
		*value++ = '\0';
		for (size_t i = 0; i < COUNT(lines); i++)
			if (strcmp(line, lines[i].word) == 0)
				note(state, lines[i].name, "%s", trim(value));
	}
	if (file)
		(void)fclose(file);
}

static unsigned long long mask_bits(const sigset_t *set)
{
	unsigned long long bits = 0;

	for (int number = 1; number <= SIGRTMAX; number++)
		if (sigismember(set, number) == 1)
			bits |= 1ull << (number - 1);
	return bits;
}

static void note_signals(struct process_state *state)
{
	char name[NAME_BYTES];
	const char *word = NULL;
	struct sigaction action;
	stack_t stack;

	for (int number = 1; number <= SIGRTMAX; number++) {
		if (sigaction(number, NULL, &action) < 0)
			continue; /* glibc's own */
		word = sigabbrev_np(number);
		if (word)
			(void)snprintf(name, sizeof(name), "signal SIG%s", word);
		else
			(void)snprintf(name, sizeof(name), "signal %d", number);
		if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN)
			note(state, name, "%s", action.sa_handler == SIG_DFL ? "default" : "ignored");
		else
			note(state, name, "handler %#llx, flags %#x, mask %#llx",
				(unsigned long long)(uintptr_t)action.sa_handler, (unsigned)action.sa_flags,
				mask_bits(&action.sa_mask));
	}
	if (sigaltstack(NULL, &stack) == 0)
		note(state, "alternate signal stack", "%zu bytes at %p, flags %#x", stack.ss_size, stack.ss_sp,
			(unsigned)stack.ss_flags);
}

static void note_locale(struct process_state *state)
{
	static const struct {
		int category;
		const char *name;
	} categories[] = {
		{LC_CTYPE, "locale LC_CTYPE"},
		{LC_NUMERIC, "locale LC_NUMERIC"},
		{LC_TIME, "locale LC_TIME"},
		{LC_COLLATE, "locale LC_COLLATE"},
		{LC_MONETARY, "locale LC_MONETARY"},
		{LC_MESSAGES, "locale LC_MESSAGES"},
		{LC_PAPER, "locale LC_PAPER"},
		{LC_NAME, "locale LC_NAME"},
		{LC_ADDRESS, "locale LC_ADDRESS"},
		{LC_TELEPHONE, "locale LC_TELEPHONE"},
		{LC_MEASUREMENT, "locale LC_MEASUREMENT"},
		{LC_IDENTIFICATION, "locale LC_IDENTIFICATION"},
	};
	locale_t own = uselocale((locale_t)0);

	for (size_t i = 0; i < COUNT(categories); i++)
		note(state, categories[i].name, "%s", setlocale(categories[i].category, NULL));
	if (own == LC_GLOBAL_LOCALE)
		note(state, "locale of the thread", "the process's");
	else
		note(state, "locale of the thread", "%p", (void *)own);
}

static void note_environment(struct process_state *state)
{
	char name[NAME_BYTES];
	size_t length = 0;

	for (char **variable = environ; variable && *variable; variable++) {
		length = strcspn(*variable, "=");
		(void)snprintf(name, sizeof(name), VARIABLE "%.*s", (int)length, *variable);
		note(state, name, "%s", *variable + length);
	}
}

/* The kernel's table of limits: a name in a column of fixed width, and two values with their unit. */
static void note_limits(struct process_state *state, int proc)
{
	enum {
		NAME_COLUMN = 25
	};
	FILE *file = open_file(state, proc, "self/limits", "limits");
	char line[LINE_BYTES];

	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "Max ", 4) != 0 || strlen(line) <= NAME_COLUMN)
			continue;
		line[NAME_COLUMN] = '\0';
		note(state, trim(line), "%s", trim(line + NAME_COLUMN + 1));
	}
	if (file)
		(void)fclose(file);
}

/* A file under /proc that has one line. */
static void note_line(struct process_state *state, int proc, const char *path, const char *name)
{
	FILE *file = open_file(state, proc, path, name);
	char line[LINE_BYTES];

	if (file && fgets(line, sizeof(line), file))
		note(state, name, "%s", trim(line));
	if (file)
		(void)fclose(file);
}

static void note_threads(struct process_state *state, int proc)
{
	DIR *folder = open_folder(state, proc, "self/task", "threads");
	struct dirent *item = NULL;
	char name[NAME_BYTES], path[NAME_BYTES];

	while (folder && (item = readdir(folder))) {
		if (item->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "thread %s", item->d_name);
		(void)snprintf(path, sizeof(path), "self/task/%s/comm", item->d_name);
		note_line(state, proc, path, name);
	}
	if (folder)
		(void)closedir(folder);
}

static void note_children(struct process_state *state)
{
	siginfo_t info = {0};
	int r = waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT | __WALL);

	note(state, "children", "%s", r < 0 && errno == ECHILD ? "none" : "some");
}

static void note_timers(struct process_state *state, int proc)
{
	static const struct {
		__itimer_which_t which;
		const char *name;
	} timers[] = {
		{ITIMER_REAL, "timer ITIMER_REAL"},
		{ITIMER_VIRTUAL, "timer ITIMER_VIRTUAL"},
		{ITIMER_PROF, "timer ITIMER_PROF"},
	};
	struct itimerval value;
	FILE *file = NULL;
	char line[LINE_BYTES];
	unsigned count = 0;

	for (size_t i = 0; i < COUNT(timers); i++) {
		if (getitimer(timers[i].which, &value) < 0)
			continue;
		note(state, timers[i].name, "%s, every %lld.%06lld s",
			value.it_value.tv_sec || value.it_value.tv_usec ? "set" : "off",
			(long long)value.it_interval.tv_sec, (long long)value.it_interval.tv_usec);
	}
	file = open_file(state, proc, "self/timers", "timers of timer_create");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		count += strncmp(line, "ID:", 3) == 0;
	(void)fclose(file);
	note(state, "timers of timer_create", "%u", count);
}

/* glibc hands out the lowest free key, so a key that was made in between moves the next one. */
static void note_key(struct process_state *state)
{
	pthread_key_t key = 0;

	if (pthread_key_create(&key, NULL) != 0)
		return;
	note(state, "next thread-specific key", "%u", key);
	(void)pthread_key_delete(key);
}

static void note_habits(struct process_state *state, int proc)
{
	static const struct {
		int option;
		const char *name;
	} returned[] =
		{
			{PR_GET_DUMPABLE, "dumpable"},
			{PR_GET_KEEPCAPS, "keep capabilities"},
			{PR_GET_SECUREBITS, "secure bits"},
			{PR_GET_TIMERSLACK, "timer slack"},
			{PR_GET_THP_DISABLE, "huge pages disabled"},
		},
	  stored[] = {
		  {PR_GET_PDEATHSIG, "parent-death signal"},
		  {PR_GET_CHILD_SUBREAPER, "child subreaper"},
	  };
	int value = 0;

	for (size_t i = 0; i < COUNT(returned); i++)
		note(state, returned[i].name, "%d", prctl(returned[i].option, 0, 0, 0, 0));
	for (size_t i = 0; i < COUNT(stored); i++)
		if (prctl(stored[i].option, &value, 0, 0, 0) == 0)
			note(state, stored[i].name, "%d", value);
	note(state, "session", "%d", (int)getsid(0));
	note(state, "process group", "%d", (int)getpgrp());
	note(state, "niceness", "%d", getpriority(PRIO_PROCESS, 0));
	note(state, "scheduling policy", "%d", sched_getscheduler(0));
	note(state, "personality", "%#x", (unsigned)personality(0xffffffff));
	note_line(state, proc, "self/oom_score_adj", "out-of-memory score");
	note_key(state);
}

struct process_state *process_state_take(int proc)
{
	struct process_state *state = calloc(1, sizeof(*state));

	if (!state)
		return NULL;
	note_descriptors(state, proc);
	note_positions(state);
	note_places(state, proc);
	note_status(state, proc);
	note_signals(state);
	note_locale(state);
	note_environment(state);
	note_limits(state, proc);
	note_threads(state, proc);
	note_children(state);
	note_timers(state, proc);
	note_habits(state, proc);
	return state->is_short_of_memory ? process_state_free(state) : state;
}

static const struct fact *find(const struct process_state *state, const char *name)
{
	for (size_t i = 0; i < state->count; i++)
		if (strcmp(state->facts[i].name, name) == 0)
			return &state->facts[i];
	return NULL;
}

static void make_printable(char *line)
{
	for (; *line; line++)
		if (*line < ' ' || *line > '~')
			*line = *line == '\t' ? ' ' : '?';
}

/* One of the two may be NULL. Returns 1 where there was something to tell. */
static unsigned tell_difference(
	const struct fact *before, const struct fact *after, void (*tell)(void *data, const char *line), void *data)
{
	const char *name = before ? before->name : after->name;
	const char *old = before ? before->value : "none", *new = after ? after->value : "none";
	char line[PROCESS_STATE_LINE_MAX];

	if (before && after && strcmp(old, new) == 0)
		return 0;
	if (strncmp(name, VARIABLE, strlen(VARIABLE)) == 0)
		(void)snprintf(line, sizeof(line), "%s: %s", name, !before ? "set" : after ? "changed" : "unset");
	else
		(void)snprintf(line, sizeof(line), "%s: %s -> %s", name, old, new);
	make_printable(line);
	tell(data, line);
	return 1;
}

unsigned process_state_compare(const struct process_state *before, const struct process_state *after,
	void (*tell)(void *data, const char *line), void *data)
{
	unsigned differences = 0;

	for (size_t i = 0; i < before->count; i++)
		differences += tell_difference(&before->facts[i], find(after, before->facts[i].name), tell, data);
	for (size_t i = 0; i < after->count; i++)
		if (!find(before, after->facts[i].name))
			differences += tell_difference(NULL, &after->facts[i], tell, data);
	return differences;
}

struct process_state *process_state_free(struct process_state *state)
{
	for (size_t i = 0; state && i < state->count; i++) {
		free(state->facts[i].name);
		free(state->facts[i].value);
	}
	if (state)
		free(state->facts);
	free(state);
	return NULL;
}
