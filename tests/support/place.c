/* SPDX-License-Identifier: MIT */
#include "tests/support/place.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

enum {
	PATH_BYTES = 256
};

char place_folder[] = "/tmp/keystile-unit-XXXXXX";

static int link_module(const char *file)
{
	char name[PATH_BYTES];
	char *module = realpath(file, NULL);
	int r = -1;

	if (module) {
		(void)snprintf(name, sizeof(name), "%s%s", place_folder, strrchr(module, '/'));
		r = symlink(module, name);
	}
	free(module);
	return r;
}

int place_make(int argc, char **argv)
{
	int r = 0;

	if (!mkdtemp(place_folder) || setenv("KEYSTILE_TEST_MODULES", place_folder, 1) < 0)
		return -1;
	for (int i = 1; i < argc && r == 0; i++)
		r = link_module(argv[i]);
	return r;
}

int place_remove(void **state)
{
	DIR *directory = opendir(place_folder);
	struct dirent *item = NULL;

	(void)state;
	while (directory && (item = readdir(directory)))
		(void)unlinkat(dirfd(directory), item->d_name, 0);
	if (directory)
		(void)closedir(directory);
	return rmdir(place_folder);
}

static bool is_service(const char *name)
{
	return !strchr(name, '.');
}

static void make_path(char path[PATH_BYTES], const char *name)
{
	(void)snprintf(path, PATH_BYTES, "%s/%s%s", place_folder, name, is_service(name) ? ".conf" : "");
}

void place_write(const char *name, const char *text)
{
	char path[PATH_BYTES];
	FILE *file = NULL;

	make_path(path, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fchmod(fileno(file), is_service(name) ? 0644 : 0600), 0);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void place_unlink(const char *name)
{
	char path[PATH_BYTES];

	make_path(path, name);
	assert_int_equal(unlink(path), 0);
}

struct ks_open_options place_options(uint32_t flags)
{
	return (struct ks_open_options){
		.size = sizeof(struct ks_open_options), .flags = flags, .config_dir = place_folder};
}
