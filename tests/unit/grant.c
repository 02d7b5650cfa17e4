/* SPDX-License-Identifier: MIT */
#include "core/grant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/confinement.h"
#include "core/secret.h"
#include "unit.h"

enum {
	FOLDERS_MAX = 5
};

/* An entry of a module with one option of each type that names something. */
static struct ks_option options[] = {
	{"path", KS_TYPE_PATH, 0, "", ""},
	{"config-dir", KS_TYPE_PATH, 0, "~/.store", ""},
	{"note", KS_TYPE_STRING, 0, "", ""},
	{"var", KS_TYPE_VARIABLE, 0, "USUAL", ""},
};
static const char *environment[] = {"USUAL_FILE", "STORE_DIR", "CREDENTIALS_DIRECTORY", "ANTHROPIC_API_KEY", "PLAIN",
	"SSL_CERT_FILE", "TEAM_CAPATH"};
static struct ks_setting settings[4];
static struct ks_module module = {
	.file = "grant.so",
	.manifest = {.options = options, .option_count = 4, .environment = environment, .environment_count = 7},
};
static const struct ks_stack_entry entry = {.module = &module, .settings = settings};

static int give_variable(const struct ks_host *host, const char *name, const char **ret_value)
{
	const char *value = getenv(name);

	(void)host;
	if (!value)
		return -ENOENT;
	*ret_value = value;
	return 0;
}

static bool is_granted(const char *path)
{
	struct ks_call call = {.host = {.getenv = give_variable}, .entry = &entry};

	return ks_grant_file(&call, path);
}

static int start_clean(void **state)
{
	static const char *const used[] = {"USUAL_FILE", "STORE_DIR", "CREDENTIALS_DIRECTORY", "ANTHROPIC_API_KEY",
		"PLAIN", "UNDECLARED_FILE", "TEAM_KEY_FILE", "TEAM_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"LD_LIBRARY_PATH"};

	(void)state;
	memset(settings, 0, sizeof(settings));
	for (unsigned i = 0; i < sizeof(used) / sizeof(used[0]); i++)
		assert_int_equal(unsetenv(used[i]), 0);
	assert_int_equal(setenv("HOME", "/home/ada", 1), 0);
	return 0;
}

static void grants_what_an_option_names(void **state)
{
	(void)state;
	settings[0].value = "/etc/keystile/secret";
	assert_true(is_granted("/etc/keystile/secret"));
	assert_true(is_granted("/etc/keystile/secret/below"));
	assert_false(is_granted("/etc/keystile/secrets"));
	assert_false(is_granted("/etc/keystile"));
	assert_false(is_granted("/etc/shadow"));
	settings[0].value = "~/key";
	assert_true(is_granted("~/key"));
	assert_true(is_granted("/home/ada/key"));
	assert_false(is_granted("/etc/keystile/secret"));
	assert_false(is_granted("~/.ssh/id_ed25519"));
}

static void grants_the_default_where_the_option_is_not_given(void **state)
{
	(void)state;
	assert_true(is_granted("/home/ada/.store/key"));
	settings[1].value = "/srv/store/";
	assert_true(is_granted("/srv/store/key"));
	assert_true(is_granted("/srv/store//key"));
	assert_false(is_granted("/home/ada/.store/key"));
}

static void grants_no_step_upwards(void **state)
{
	(void)state;
	settings[1].value = "/srv/store";
	assert_false(is_granted("/srv/store/../../etc/shadow"));
	assert_false(is_granted("/srv/store/.."));
	assert_false(is_granted("~/.store/../.ssh/id_ed25519"));
	assert_true(is_granted("/srv/store/..key"));
	assert_true(is_granted("/srv/store/a..b/key"));
	settings[0].value = "/srv/a/../key"; /* as the administrator wrote it */
	assert_true(is_granted("/srv/a/../key"));
}

static void grants_nothing_for_a_root_folder(void **state)
{
	(void)state;
	settings[0].value = "/";
	settings[1].value = "//";
	assert_false(is_granted("/etc/shadow"));
	assert_int_equal(setenv("STORE_DIR", "/", 1), 0);
	assert_false(is_granted("/etc/shadow"));
}

static void grants_what_a_variable_names(void **state)
{
	(void)state;
	assert_false(is_granted("/run/key"));
	assert_int_equal(setenv("USUAL_FILE", "/run/key", 1), 0);
	assert_true(is_granted("/run/key"));
	assert_false(is_granted("/run/key/below"));
	assert_int_equal(setenv("PLAIN", "/home/ada", 1), 0);
	assert_false(is_granted("/home/ada/.ssh/id_ed25519"));
	assert_int_equal(setenv("UNDECLARED_FILE", "/run/other", 1), 0);
	assert_false(is_granted("/run/other"));
	assert_int_equal(setenv("USUAL_FILE", "run/key", 1), 0);
	assert_false(is_granted("/run/key"));
}

static void grants_below_a_folder_that_a_variable_names(void **state)
{
	(void)state;
	assert_int_equal(setenv("STORE_DIR", "/srv/store", 1), 0);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/run/credentials/job", 1), 0);
	assert_true(is_granted("/srv/store/key"));
	assert_true(is_granted("/run/credentials/job/key"));
	assert_false(is_granted("/run/credentials/other/key"));
	assert_false(is_granted("/run/credentials/job/../other/key"));
}

static void grants_by_an_option_of_a_variable(void **state)
{
	(void)state;
	settings[3].value = "TEAM_KEY";
	assert_int_equal(setenv("TEAM_KEY_FILE", "/run/team", 1), 0);
	assert_true(is_granted("/run/team"));
	settings[3].value = "OTHER_KEY";
	assert_false(is_granted("/run/team"));
}

/* Text that is a path is one only where its type says so. */
static void grants_nothing_by_text(void **state)
{
	(void)state;
	settings[2].value = "/etc/shadow";
	assert_false(is_granted("/etc/shadow"));
}

static void leaves_it_to_the_host_what_is_no_path(void **state)
{
	(void)state;
	assert_true(is_granted("relative"));
	assert_true(is_granted(NULL));
}

static bool has_line(char **lines, const char *wanted)
{
	for (; *lines; lines++) {
		if (strcmp(*lines, wanted) == 0)
			return true;
	}
	return false;
}

static void passes_on_declared_variables_and_what_libraries_need(void **state)
{
	char **lines = NULL;
	unsigned count = 0;

	(void)state;
	assert_int_equal(setenv("PLAIN", "a value", 1), 0);
	assert_int_equal(setenv("STORE_DIR", "", 1), 0);
	assert_int_equal(setenv("SSL_CERT_FILE", "/etc/ca.pem", 1), 0);
	assert_int_equal(setenv("ANTHROPIC_API_KEY", "sk-ant-api03-CANARY", 1), 0);
	assert_int_equal(setenv("LD_PRELOAD_NOT", "x", 1), 0);
	assert_int_equal(ks_grant_environment(&module.manifest, &lines), 0);
	assert_true(has_line(lines, "PLAIN=a value"));
	assert_true(has_line(lines, "STORE_DIR="));
	assert_true(has_line(lines, "SSL_CERT_FILE=/etc/ca.pem"));
	while (lines[count])
		count++;
	assert_int_equal(count, 3);
	(void)ks_secret_free((void *)lines);
}

/* The names of folders, one behind the other. */
struct found {
	char names[FOLDERS_MAX][PATH_MAX];
	unsigned count;
};

static void take_folder(void *data, const char *folder)
{
	struct found *found = data;

	assert_true(found->count < FOLDERS_MAX);
	(void)snprintf(found->names[found->count++], PATH_MAX, "%s", folder);
}

static void names_folders_and_no_files(void **state)
{
	char place[] = "/tmp/keystile-grant-XXXXXX", file[64];
	struct found found = {.count = 0};
	int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(place));
	(void)snprintf(file, sizeof(file), "%s/key", place);
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	settings[0].value = file;
	settings[1].value = place;
	settings[2].value = "/etc"; /* no path by its type */
	ks_grant_paths(&entry, take_folder, &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.names[0], place);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(place), 0);
	found.count = 0;
	ks_grant_paths(&entry, take_folder, &found);
	assert_int_equal(found.count, 0);
}

/* What the loader and TLS libraries are told by variables is of no use to them where they may not read it. */
static void names_what_libraries_look_for(void **state)
{
	static const char *const wanted[] = {"/opt/lib", "/srv/lib", "/srv/certs", "/srv/ca.pem", "/srv/team"};
	struct found found = {.count = 0};

	(void)state;
	settings[1].value = "/nonexistent";
	assert_int_equal(setenv("LD_LIBRARY_PATH", "/opt/lib::relative:/srv/lib", 1), 0);
	assert_int_equal(setenv("SSL_CERT_DIR", "/srv/certs", 1), 0);
	assert_int_equal(setenv("SSL_CERT_FILE", "/srv/ca.pem", 1), 0);
	assert_int_equal(setenv("TEAM_CAPATH", "/srv/team", 1), 0);
	assert_int_equal(setenv("OTHER_CAPATH", "/srv/other", 1), 0);
	ks_grant_paths(&entry, take_folder, &found);
	assert_int_equal(unsetenv("OTHER_CAPATH"), 0);
	assert_int_equal(found.count, FOLDERS_MAX);
	for (unsigned i = 0; i < found.count; i++)
		assert_string_equal(found.names[i], wanted[i]);
}

static void count_path(void *data, const char *path)
{
	unsigned *count = data;

	(void)path;
	++*count;
}

static void names_no_more_than_a_worker_takes(void **state)
{
	char list[3 * 100 + 1] = "";
	unsigned count = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		memcpy(list + 3 * (size_t)i, "/x:", 4);
	assert_int_equal(setenv("LD_LIBRARY_PATH", list, 1), 0);
	assert_int_equal(setenv("SSL_CERT_FILE", "/srv/ca.pem", 1), 0);
	ks_grant_paths(&entry, count_path, &count);
	assert_int_equal(count, KS_CONFINEMENT_PATHS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(grants_what_an_option_names, start_clean),
		cmocka_unit_test_setup(grants_the_default_where_the_option_is_not_given, start_clean),
		cmocka_unit_test_setup(grants_no_step_upwards, start_clean),
		cmocka_unit_test_setup(grants_nothing_for_a_root_folder, start_clean),
		cmocka_unit_test_setup(grants_what_a_variable_names, start_clean),
		cmocka_unit_test_setup(grants_below_a_folder_that_a_variable_names, start_clean),
		cmocka_unit_test_setup(grants_by_an_option_of_a_variable, start_clean),
		cmocka_unit_test_setup(grants_nothing_by_text, start_clean),
		cmocka_unit_test_setup(leaves_it_to_the_host_what_is_no_path, start_clean),
		cmocka_unit_test_setup(passes_on_declared_variables_and_what_libraries_need, start_clean),
		cmocka_unit_test_setup(names_folders_and_no_files, start_clean),
		cmocka_unit_test_setup(names_what_libraries_look_for, start_clean),
		cmocka_unit_test_setup(names_no_more_than_a_worker_takes, start_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
