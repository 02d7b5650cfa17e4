/* SPDX-License-Identifier: MIT */
/*
 * script: does with the library what its arguments say, one after the other, and prints one line for each.
 *
 *	open[=SERVICE]        opens a context; preload[=SERVICE] with KS_OPEN_PRELOAD
 *	resolve[=TRANSPORT]   asks it; TRANSPORT is api, cli or any
 *	invalidate            says that the API refused the last answer
 *	free                  frees the last answer
 *	close                 closes the context
 *	threads=COUNT         so many threads ask it at once
 *	contexts=COUNT        so many threads open a context each, and ask it
 *	memory                what the kernel knows of the memory the last answer's secret lies in
 *	descriptors           how many descriptors are open
 *	set=NAME=VALUE        changes the environment
 *	run=COMMAND           runs a shell command
 *	wait                  waits for a line on standard input
 *	chroot=FOLDER         changes the root
 *	drop                  gives up, for good, what a set-user-id or set-group-id file gave
 *	fork ... join         what is between them is done by a child
 *
 * Never a secret: a line names it by its fingerprint.
 */
#include <dirent.h>
#include <keystile/keystile.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	THREADS_MAX = 64,
	LINE_BYTES = 4096
};

struct script {
	struct ks_context *context;
	struct ks_credential *credential;
	bool is_child, is_elsewhere;
};

static void tell(const char *action, enum ks_result result, const char *text)
{
	printf("%s: %s%s%s\n", action, ks_result_name(result), text[0] ? ": " : "", text);
}

static void open_context(struct script *script, const char *service, uint32_t flags)
{
	struct ks_open_options options = {.size = sizeof(options), .flags = flags};
	struct ks_error error = KS_ERROR_INIT;
	enum ks_result result = ks_open(service[0] ? service : NULL, &options, &script->context, &error);

	tell("open", result, error.message);
}

static uint32_t transports_of(const char *word)
{
	if (strcmp(word, "cli") == 0)
		return KS_TRANSPORT_CLI;
	return strcmp(word, "any") == 0 ? KS_TRANSPORT_API | KS_TRANSPORT_CLI : KS_TRANSPORT_API;
}

static void resolve(struct script *script, const char *transport)
{
	struct ks_request request = {.size = sizeof(request), .transports = transports_of(transport)};
	struct ks_error error = KS_ERROR_INIT;
	const char *fingerprint = NULL;
	enum ks_result result = KS_OK;

	script->credential = ks_credential_free(script->credential);
	result = ks_resolve(script->context, &request, &script->credential, NULL, &error);
	fingerprint = ks_credential_fingerprint(script->credential);
	tell("resolve", result, result == KS_OK && fingerprint ? fingerprint : error.message);
}

static void *ask(void *context)
{
	struct ks_credential *credential = NULL;
	enum ks_result result = ks_resolve(context, NULL, &credential, NULL, NULL);

	(void)ks_credential_free(credential);
	return (void *)(uintptr_t)result;
}

static void *open_and_ask(void *unused)
{
	struct ks_context *context = NULL;
	enum ks_result result = ks_open(NULL, NULL, &context, NULL);

	(void)unused;
	if (result == KS_OK)
		result = (enum ks_result)(uintptr_t)ask(context);
	(void)ks_close(context);
	return (void *)(uintptr_t)result;
}

static void do_at_once(const char *count_word, void *(*act)(void *), void *context)
{
	const unsigned count = (unsigned)strtoul(count_word, NULL, 10);
	pthread_t threads[THREADS_MAX];
	unsigned started = 0, good = 0;
	void *result = NULL;

	while (started < count && started < THREADS_MAX && pthread_create(&threads[started], NULL, act, context) == 0)
		started++;
	for (unsigned i = 0; i < started; i++)
		if (pthread_join(threads[i], &result) == 0 && (uintptr_t)result == KS_OK)
			good++;
	printf("threads: %u of %u ok\n", good, count);
}

/* The flags of the mapping that holds the secret, as the kernel lists them. */
static void show_memory(const struct script *script)
{
	uintptr_t secret = (uintptr_t)ks_credential_secret(script->credential, NULL);
	FILE *maps = fopen("/proc/self/smaps", "re");
	char line[LINE_BYTES];
	unsigned long start = 0, end = 0;
	bool is_it = false;

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			is_it = start <= secret && secret < end;
		else if (is_it && strncmp(line, "VmFlags:", 8) == 0)
			printf("memory:%s", line + 8);
	}
	if (maps)
		(void)fclose(maps);
}

static void count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	while (folder && readdir(folder))
		count++;
	if (folder)
		(void)closedir(folder);
	printf("descriptors: %u\n", count);
}

static void run(const char *command)
{
	if (system(command) != 0) /* NOLINT(cert-env33-c): a test's own words */
		printf("run: %s failed\n", command);
}

static void wait_for_line(void)
{
	printf("waiting\n");
	(void)fflush(stdout);
	while (getchar() >= ' ')
		;
}

static void change_root(struct script *script, const char *folder)
{
	script->is_elsewhere = true;
	if (chroot(folder) < 0 || chdir("/") < 0)
		perror("chroot");
}

static void drop(void)
{
	if (setresgid(getgid(), getgid(), getgid()) < 0 || setresuid(getuid(), getuid(), getuid()) < 0)
		perror("drop");
}

/* In the parent: what is left behind `join`. */
static char **go_on(char **actions, pid_t child)
{
	if (waitpid(child, NULL, 0) < 0)
		perror("fork");
	while (*actions && strcmp(*actions, "join") != 0)
		actions++;
	return actions;
}

static bool is_action(const char *word, const char *name, const char **ret_value)
{
	size_t length = strlen(name);

	if (strncmp(word, name, length) != 0 || (word[length] != '\0' && word[length] != '='))
		return false;
	*ret_value = word[length] ? word + length + 1 : "";
	return true;
}

static void act(struct script *script, char *word)
{
	const char *value = "";

	if (is_action(word, "open", &value))
		open_context(script, value, 0);
	else if (is_action(word, "preload", &value))
		open_context(script, value, KS_OPEN_PRELOAD);
	else if (is_action(word, "resolve", &value))
		resolve(script, value);
	else if (is_action(word, "invalidate", &value))
		ks_invalidate(script->context, script->credential);
	else if (is_action(word, "free", &value))
		script->credential = ks_credential_free(script->credential);
	else if (is_action(word, "close", &value))
		script->context = ks_close(script->context);
	else if (is_action(word, "threads", &value))
		do_at_once(value, ask, script->context);
	else if (is_action(word, "contexts", &value))
		do_at_once(value, open_and_ask, NULL);
	else if (is_action(word, "memory", &value))
		show_memory(script);
	else if (is_action(word, "descriptors", &value))
		count_descriptors();
	else if (is_action(word, "set", &value))
		(void)putenv(word + strlen("set="));
	else if (is_action(word, "run", &value))
		run(value);
	else if (is_action(word, "wait", &value))
		wait_for_line();
	else if (is_action(word, "chroot", &value))
		change_root(script, value);
	else if (is_action(word, "drop", &value))
		drop();
	else
		printf("%s: no such action\n", word);
}

int main(int argc, char **argv)
{
	struct script script = {0};
	pid_t child = -1;

	(void)argc;
	for (char **word = argv + 1; *word; word++) {
		(void)fflush(stdout);
		if (strcmp(*word, "fork") == 0) {
			child = fork();
			script.is_child = child == 0;
			if (child > 0)
				word = go_on(word, child);
		} else if (strcmp(*word, "join") != 0) {
			act(&script, *word);
		} else if (script.is_child) {
			break;
		}
		if (!*word)
			break;
	}
	(void)ks_credential_free(script.credential);
	(void)ks_close(script.context);
	if (fflush(stdout) != 0)
		return 1;
	/* a sanitizer would take for a leak what a child abandons, and needs /proc to look for one */
	if (script.is_child || script.is_elsewhere)
		_exit(0);
	return 0;
}
