/* SPDX-License-Identifier: MIT */
/*
 * Contexts by way of the public interface, with real modules: their paths are the arguments.
 */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <keystile/keystile.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/secret.h"

#define KEY "sk-ant-api03-canary-canary-canary-canary-canary-canary-canary-canary-canary-AA"
#define NEWER "sk-ant-api03-newer-newer-newer-newer-newer-newer-newer-newer-newer-newer-newer-AA"

enum {
	THREADS = 8,
	ROUNDS = 200
};

static char folder[] = "/tmp/keystile-context-XXXXXX";
static char path[256];

static void write_stack(const char *text)
{
	FILE *file = NULL;

	(void)snprintf(path, sizeof(path), "%s/test.conf", folder);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static struct ks_context *open_stack(const char *text, uint32_t flags)
{
	struct ks_open_options options = {.size = sizeof(options), .flags = flags, .config_dir = folder};
	struct ks_error error = KS_ERROR_INIT;
	struct ks_context *context = NULL;

	write_stack(text);
	if (ks_open("test", &options, &context, &error) != KS_OK)
		fail_msg("%s", error.message);
	return context;
}

static enum ks_result ask(struct ks_context *context, const struct ks_request *request, const char *secret)
{
	struct ks_credential *credential = NULL;
	enum ks_result result = ks_resolve(context, request, &credential, NULL, NULL);

	if (result == KS_OK && strcmp(ks_credential_secret(credential, NULL), secret) != 0)
		result = KS_ERROR;
	(void)ks_credential_free(credential);
	return result;
}

static void test_configuration_is_kept(void **state)
{
	struct ks_context *context = open_stack("any binding debug.so secret=" KEY "\n", 0);

	(void)state;
	write_stack("rubbish\n");
	assert_int_equal(ask(context, NULL, KEY), KS_OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ask(context, NULL, KEY), KS_OK);
	assert_null(ks_close(context));
	assert_int_equal(ks_secret_in_use(), 0);
}

static void test_invalidate_asks_for_a_fresh_one_once(void **state)
{
	struct ks_context *context = open_stack("any binding debug.so secret=" KEY " fresh=" NEWER "\n", 0);
	struct ks_context *other = open_stack("any binding debug.so secret=" KEY " fresh=" NEWER "\n", 0);
	struct ks_credential *credential = NULL;

	(void)state;
	assert_int_equal(ks_resolve(context, NULL, &credential, NULL, NULL), KS_OK);
	ks_invalidate(other, credential);
	assert_int_equal(ask(other, NULL, KEY), KS_OK);
	ks_invalidate(context, credential);
	ks_invalidate(context, NULL);
	assert_int_equal(ask(context, NULL, NEWER), KS_OK);
	assert_int_equal(ask(context, NULL, KEY), KS_OK);
	(void)ks_credential_free(credential);
	(void)ks_close(context);
	(void)ks_close(other);
}

static void test_trace_outlives_the_context(void **state)
{
	struct ks_context *context = open_stack("api sufficient debug.so result=denied reason=no\n"
						"cli sufficient debug.so\n"
						"any binding debug.so\n"
						"any binding debug.so\n",
		0);
	static const enum ks_action actions[] = {KS_ACTION_NEXT, KS_ACTION_SKIP, KS_ACTION_DONE, KS_ACTION_UNREACHED};
	struct ks_credential *credential = NULL;
	struct ks_trace *trace = NULL;
	struct ks_step step = {.size = sizeof(step)};

	(void)state;
	assert_int_equal(ks_resolve(context, NULL, &credential, &trace, NULL), KS_OK);
	(void)ks_credential_free(credential);
	(void)ks_close(context);
	assert_int_equal(ks_trace_count(trace), COUNT(actions));
	for (unsigned i = 0; i < COUNT(actions); i++) {
		assert_int_equal(ks_trace_step_at(trace, i, &step), 1);
		assert_int_equal(step.action, actions[i]);
		assert_int_equal(step.line, i + 1);
		assert_string_equal(step.module, "debug.so");
	}
	assert_int_equal(ks_trace_step_at(trace, COUNT(actions), &step), 0);
	assert_int_equal(ks_trace_step_at(trace, 0, &step), 1);
	assert_int_equal(step.result, KS_DENIED);
	assert_string_equal(step.reason, "debug no");
	step.size = offsetof(struct ks_step, module);
	step.module = "untouched";
	assert_int_equal(ks_trace_step_at(trace, 1, &step), 1);
	assert_string_equal(step.module, "untouched");
	(void)ks_trace_free(trace);
}

static int in_child(int (*what)(struct ks_context *), struct ks_context *context)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(what(context));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int use_in_child(struct ks_context *context)
{
	struct ks_error error = KS_ERROR_INIT;
	struct ks_credential *credential = NULL;
	struct ks_open_options options = {.size = sizeof(options), .config_dir = folder};
	struct ks_context *own = NULL;

	if (ks_resolve(context, NULL, &credential, NULL, &error) != KS_ERROR || credential)
		return 1;
	if (!strstr(error.message, "parent"))
		return 2;
	if (ks_close(context))
		return 3;
	if (ks_open("test", &options, &own, NULL) != KS_OK || ask(own, NULL, KEY) != KS_OK)
		return 4;
	(void)ks_close(own);
	return 0;
}

static void test_fork(void **state)
{
	struct ks_context *context = open_stack("any binding debug.so secret=" KEY "\n", 0);

	(void)state;
	assert_int_equal(ask(context, NULL, KEY), KS_OK);
	assert_int_equal(in_child(use_in_child, context), 0);
	assert_int_equal(ask(context, NULL, KEY), KS_OK);
	(void)ks_close(context);
}

static int use_after_chroot(struct ks_context *context)
{
	struct ks_open_options options = {.size = sizeof(options), .config_dir = folder};
	struct ks_context *late = NULL, *early = NULL;
	struct ks_credential *credential = NULL;
	struct ks_error error = KS_ERROR_INIT;

	(void)context;
	if (ks_open("test", &options, &late, NULL) != KS_OK)
		return 1;
	options.flags = KS_OPEN_PRELOAD;
	if (ks_open("test", &options, &early, NULL) != KS_OK)
		return 2;
	if (chroot(folder) < 0 || chdir("/") < 0)
		return 3;
	if (ks_resolve(late, NULL, &credential, NULL, &error) != KS_ERROR ||
		!strstr(error.message, "/ is not what it was"))
		return 4;
	return ask(early, NULL, KEY) == KS_OK ? 0 : 5;
}

static void test_nothing_is_loaded_after_chroot(void **state)
{
	(void)state;
	write_stack("any binding debug.so secret=" KEY "\n");
	assert_int_equal(in_child(use_after_chroot, NULL), 0);
}

static void test_entry_in_use_counts_against_the_deadline(void **state)
{
	struct ks_context *context = open_stack("any sufficient debug.so delay=5s @timeout=50ms\n"
						"any sufficient debug.so secret=" KEY "\n",
		0);
	struct ks_request request = {.size = sizeof(request), .timeout_ms = 30};

	(void)state;
	assert_int_equal(ask(context, NULL, KEY), KS_OK);
	assert_int_equal(ask(context, &request, KEY), KS_UNAVAILABLE);
	(void)ks_close(context);
}

static void *hammer(void *data)
{
	struct ks_context *context = data;
	intptr_t failures = 0;

	for (int i = 0; i < ROUNDS; i++)
		failures += ask(context, NULL, KEY) != KS_OK;
	return (void *)failures;
}

static void test_threads(void **state)
{
	struct ks_context *context = open_stack("any sufficient debug.so result=expired\n"
						"any sufficient env.so var=KEYSTILE_TEST_KEY\n",
		0);
	pthread_t threads[THREADS];
	void *failures = NULL;

	(void)state;
	assert_int_equal(setenv("KEYSTILE_TEST_KEY", KEY, 1), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, context), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failures), 0);
		assert_null(failures);
	}
	(void)ks_close(context);
	assert_int_equal(ks_secret_in_use(), 0);
}

struct noted {
	unsigned count;
	char text[128];
};

static void note(void *data, const char *module, int is_warning, const char *text)
{
	struct noted *noted = data;

	noted->count++;
	(void)snprintf(noted->text, sizeof(noted->text), "%s %d %s", module, is_warning, text);
}

static void test_log(void **state)
{
	struct noted noted = {0};
	struct ks_open_options options = {
		.size = sizeof(options), .config_dir = folder, .log = note, .log_data = &noted};
	struct ks_context *context = NULL;

	(void)state;
	write_stack("any binding debug.so secret=" KEY " log=\"a b\"\n");
	assert_int_equal(ks_open("test", &options, &context, NULL), KS_OK);
	assert_int_equal(ask(context, NULL, KEY), KS_OK);
	assert_int_equal(noted.count, 1);
	assert_string_equal(noted.text, "debug.so 1 a b");
	(void)ks_close(context);
}

static void test_what_is_missing_is_an_error(void **state)
{
	struct ks_context *context = open_stack("any binding debug.so secret=" KEY "\n", 0), *none = NULL;
	struct ks_open_options options = {.size = 0, .config_dir = folder};
	struct ks_request request = {.size = sizeof(request) - 1};
	struct ks_credential *credential = NULL;

	(void)state;
	assert_int_equal(ks_resolve(NULL, NULL, &credential, NULL, NULL), KS_ERROR);
	assert_int_equal(ks_resolve(context, NULL, NULL, NULL, NULL), KS_ERROR);
	assert_int_equal(ks_resolve(context, &request, &credential, NULL, NULL), KS_ERROR);
	assert_int_equal(ks_open("test", &options, &none, NULL), KS_ERROR);
	assert_null(none);
	(void)ks_close(context);
}

static void test_null_is_allowed(void **state)
{
	(void)state;
	assert_null(ks_close(NULL));
	assert_null(ks_credential_free(NULL));
	assert_null(ks_trace_free(NULL));
	assert_int_equal(ks_trace_count(NULL), 0);
	assert_int_equal(ks_credential_kind(NULL), 0);
	assert_null(ks_credential_source(NULL));
	assert_null(ks_credential_secret(NULL, NULL));
	assert_int_equal(ks_credential_permits_url(NULL, "https://api.anthropic.com"), 0);
	assert_int_equal(ks_credential_header_at(NULL, 0, NULL), 0);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	return setenv("KEYSTILE_TEST_MODULES", folder, 1);
}

static int remove_folder(void **state)
{
	DIR *directory = opendir(folder);
	struct dirent *item = NULL;

	(void)state;
	while (directory && (item = readdir(directory)))
		(void)unlinkat(dirfd(directory), item->d_name, 0);
	if (directory)
		(void)closedir(directory);
	return rmdir(folder);
}

static int link_modules(int argc, char **argv)
{
	char name[256];
	char *module = NULL;
	int r = 0;

	for (int i = 1; i < argc && r == 0; i++) {
		module = realpath(argv[i], NULL);
		if (!module)
			return -1;
		(void)snprintf(name, sizeof(name), "%s%s", folder, strrchr(module, '/'));
		r = symlink(module, name);
		free(module);
	}
	return r;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_configuration_is_kept),
		cmocka_unit_test(test_invalidate_asks_for_a_fresh_one_once),
		cmocka_unit_test(test_trace_outlives_the_context), cmocka_unit_test(test_fork),
		cmocka_unit_test(test_entry_in_use_counts_against_the_deadline), cmocka_unit_test(test_threads),
		cmocka_unit_test(test_log), cmocka_unit_test(test_what_is_missing_is_an_error),
		cmocka_unit_test(test_null_is_allowed),
		cmocka_unit_test(test_nothing_is_loaded_after_chroot), /* the last: as root alone */
	};
	size_t count = geteuid() == 0 ? COUNT(tests) : COUNT(tests) - 1;

	if (make_folder(NULL) < 0 || link_modules(argc, argv) < 0)
		return 1;
	return _cmocka_run_group_tests("context", tests, count, NULL, remove_folder);
}
