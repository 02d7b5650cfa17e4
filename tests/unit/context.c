/* SPDX-License-Identifier: MIT */
/*
 * Contexts by way of the public interface, with real modules: their paths are the arguments.
 */
#include "unit.h"

#include <keystile/keystile.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/secret.h"
#include "tests/support/place.h"

#define KEY "sk-ant-api03-canary-canary-canary-canary-canary-canary-canary-canary-canary-AA"
#define NEWER "sk-ant-api03-newer-newer-newer-newer-newer-newer-newer-newer-newer-newer-newer-AA"

enum {
	THREADS = 8,
	ROUNDS = 200,
	CONTEXTS = 20,
	FINGERPRINT_DIGITS = 12
};

static struct ks_context *open_stack(const char *text, uint32_t flags)
{
	struct ks_open_options options = place_options(flags);
	struct ks_error error = KS_ERROR_INIT;
	struct ks_context *context = NULL;

	place_write("test", text);
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
	place_write("test", "rubbish\n");
	assert_int_equal(ask(context, NULL, KEY), KS_OK);
	place_unlink("test");
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
	ks_invalidate(NULL, credential);
	assert_int_equal(ask(context, NULL, NEWER), KS_OK);
	assert_int_equal(ask(context, NULL, KEY), KS_OK);
	(void)ks_credential_free(credential);
	(void)ks_close(context);
	(void)ks_close(other);
}

/* Memory is used again, so a later context may lie where a closed one did. */
static void test_invalidate_knows_a_context_from_the_one_before(void **state)
{
	static const char stack[] = "any binding debug.so secret=" KEY " fresh=" NEWER "\n";
	struct ks_credential *credential = NULL;
	struct ks_context *context = NULL;

	(void)state;
	for (int i = 0; i < CONTEXTS; i++) {
		context = open_stack(stack, 0);
		ks_invalidate(context, credential);
		(void)ks_credential_free(credential);
		assert_int_equal(ks_resolve(context, NULL, &credential, NULL, NULL), KS_OK);
		assert_string_equal(ks_credential_secret(credential, NULL), KEY);
		(void)ks_close(context);
	}
	(void)ks_credential_free(credential);
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
	struct ks_open_options options = place_options(0);
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
	struct ks_open_options options = place_options(0);
	struct ks_context *late = NULL, *early = NULL;
	int r = 0;
	struct ks_credential *credential = NULL;
	struct ks_error error = KS_ERROR_INIT;

	(void)context;
	if (ks_open("test", &options, &late, NULL) != KS_OK)
		return 1;
	options.flags = KS_OPEN_PRELOAD;
	if (ks_open("test", &options, &early, NULL) != KS_OK)
		return 2;
	if (chroot(place_folder) < 0 || chdir("/") < 0)
		return 3;
	if (ks_resolve(late, NULL, &credential, NULL, &error) != KS_ERROR ||
		!strstr(error.message, "/ is not what it was"))
		return 4;
	r = ask(early, NULL, KEY) == KS_OK ? 0 : 5;
	(void)ks_close(early);
	(void)ks_close(late);
	return r;
}

static void test_nothing_is_loaded_after_chroot(void **state)
{
	(void)state;
	place_write("test", "any binding debug.so secret=" KEY "\n");
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

static void *read_fingerprint(void *credential)
{
	const char *fingerprint = ks_credential_fingerprint(credential);

	return (void *)(intptr_t)(fingerprint && strlen(fingerprint) == FINGERPRINT_DIGITS);
}

/* The answer before, which the audit line told, has made its own; this one's is made by the first that asks. */
static void test_threads_share_a_credential(void **state)
{
	struct ks_context *context = open_stack("any sufficient debug.so secret=" KEY "\n", 0);
	struct ks_credential *credential = NULL;
	pthread_t threads[THREADS];
	void *is_whole = NULL;

	(void)state;
	assert_int_equal(ask(context, NULL, KEY), KS_OK);
	assert_int_equal(ks_resolve(context, NULL, &credential, NULL, NULL), KS_OK);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_fingerprint, credential), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &is_whole), 0);
		assert_non_null(is_whole);
	}
	(void)ks_credential_free(credential);
	(void)ks_close(context);
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
	struct ks_open_options options = place_options(0);
	struct ks_context *context = NULL;

	(void)state;
	options.log = note;
	options.log_data = &noted;
	place_write("test", "any binding debug.so secret=" KEY " log=\"a b\"\n");
	assert_int_equal(ks_open("test", &options, &context, NULL), KS_OK);
	assert_int_equal(ask(context, NULL, KEY), KS_OK);
	assert_int_equal(noted.count, 1);
	assert_string_equal(noted.text, "debug.so 1 a b");
	(void)ks_close(context);
}

static void test_what_is_missing_is_an_error(void **state)
{
	struct ks_context *context = open_stack("any binding debug.so secret=" KEY "\n", 0), *none = NULL;
	struct ks_open_options options = place_options(0);
	struct ks_request request = {.size = sizeof(request) - 1};
	struct ks_credential *credential = NULL;

	(void)state;
	assert_int_equal(ks_resolve(NULL, NULL, &credential, NULL, NULL), KS_ERROR);
	assert_int_equal(ks_resolve(context, NULL, NULL, NULL, NULL), KS_ERROR);
	assert_int_equal(ks_resolve(context, &request, &credential, NULL, NULL), KS_ERROR);
	options.size = 0;
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_configuration_is_kept),
		cmocka_unit_test(test_invalidate_asks_for_a_fresh_one_once),
		cmocka_unit_test(test_invalidate_knows_a_context_from_the_one_before),
		cmocka_unit_test(test_trace_outlives_the_context), cmocka_unit_test(test_fork),
		cmocka_unit_test(test_entry_in_use_counts_against_the_deadline), cmocka_unit_test(test_threads),
		cmocka_unit_test(test_threads_share_a_credential), cmocka_unit_test(test_log),
		cmocka_unit_test(test_what_is_missing_is_an_error), cmocka_unit_test(test_null_is_allowed),
		cmocka_unit_test(test_nothing_is_loaded_after_chroot), /* the last: as root alone */
	};
	size_t count = geteuid() == 0 ? COUNT(tests) : COUNT(tests) - 1;

	if (place_make(argc, argv) < 0)
		return 1;
	return _cmocka_run_group_tests("context", tests, count, NULL, place_remove);
}
