/* SPDX-License-Identifier: MIT */
/*
 * One module, whose path is the argument, through the real loader: it verifies, loads, says the same in note and
 * code, and opens without settings unless it needs one and says which.
 */
#include "unit.h"

#include <libgen.h>
#include <limits.h>
#include <stdlib.h>

#include "core/host.h"
#include "core/module.h"

static char path[PATH_MAX];
static struct ks_arena arena;
static struct ks_modules modules = {.arena = &arena};

static struct ks_module *find_module(void)
{
	char name[PATH_MAX];
	struct ks_problem problem = {0};
	struct ks_module *module = NULL;

	memcpy(name, path, sizeof(name));
	*strrchr(name, '.') = '\0';
	module = ks_module_find(&modules, basename(name), &problem);
	if (!module)
		fail_msg("%s", problem.reason);
	return module;
}

static void test_note_and_code_agree(void **state)
{
	struct ks_problem problem = {0};

	(void)state;
	if (ks_module_load(find_module(), &problem) < 0)
		fail_msg("%s", problem.reason);
}

static void test_every_option_is_explained(void **state)
{
	const struct ks_manifest *manifest = &find_module()->manifest;

	(void)state;
	assert_true(manifest->summary[0] != '\0');
	for (uint32_t i = 0; i < manifest->option_count; i++)
		assert_true(manifest->options[i].help[0] != '\0');
}

static void test_opens_without_settings(void **state)
{
	static const struct ks_log no_log;
	struct ks_module *module = find_module();
	struct ks_setting settings[KS_OPTIONS_MAX] = {0};
	const struct ks_stack_entry entry = {.module = module, .settings = settings};
	const struct ks_argument *argument = NULL;
	struct ks_problem problem = {0};
	enum ks_result result = KS_OK;
	void *opened = NULL;

	(void)state;
	assert_int_equal(ks_module_load(module, &problem), 0);
	for (uint32_t i = 0; i < module->manifest.option_count; i++)
		if (module->manifest.options[i].flags & KS_OPTION_REQUIRED)
			return;
	result = ks_host_open(&entry, &no_log, 0, &opened, &problem, &argument);
	if (result == KS_MISCONFIGURED) {
		assert_non_null(strstr(problem.reason, "option "));
		return;
	}
	assert_int_equal(result, KS_OK);
	if (module->provider->close) {
		module->provider->close(opened);
		module->provider->close(NULL);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_note_and_code_agree),
		cmocka_unit_test(test_every_option_is_explained),
		cmocka_unit_test(test_opens_without_settings),
	};
	char folder[PATH_MAX];
	int failed = 0;

	if (argc != 2 || !realpath(argv[1], path))
		return 1;
	memcpy(folder, path, sizeof(folder));
	if (setenv("KEYSTILE_TEST_MODULES", dirname(folder), 1) < 0)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	ks_arena_finish(&arena);
	return failed;
}
