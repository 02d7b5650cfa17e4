/* SPDX-License-Identifier: MIT */
/*
 * Which services there are.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/paths.h"
#include "core/stack.h"

#define SUFFIX ".conf"

struct names {
	struct ks_arena arena;
	char **items;
	size_t count;
};

static int add_name(struct names *names, const char *file)
{
	size_t length = strlen(file) - (sizeof(SUFFIX) - 1);
	char **items = reallocarray(names->items, names->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	names->items = items;
	items[names->count] = ks_arena_copy(&names->arena, file, length);
	return items[names->count++] ? 0 : -ENOMEM;
}

static bool is_configuration(const char *file)
{
	size_t length = strlen(file);

	return file[0] != '.' && length > sizeof(SUFFIX) - 1 &&
	       strcmp(file + length - (sizeof(SUFFIX) - 1), SUFFIX) == 0;
}

static int read_directory(struct names *names, const char *path, bool must_exist, struct ks_problem *problem)
{
	DIR *directory = opendir(path);
	struct dirent *item = NULL;
	int r = 0;

	if (!directory && errno == ENOENT && !must_exist)
		return 0;
	if (!directory)
		return ks_problem_path(problem, errno, path, "cannot be read");
	errno = 0;
	while (r == 0 && (item = readdir(directory))) {
		if (is_configuration(item->d_name))
			r = add_name(names, item->d_name);
		errno = 0;
	}
	if (r == 0 && errno != 0)
		r = -errno;
	(void)closedir(directory);
	return r < 0 ? ks_problem_errno(problem, -r, path) : 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int ks_services(
	const char *config_dir, void (*found)(void *data, const char *name), void *data, struct ks_problem *problem)
{
	struct names names = {0};
	int r = read_directory(&names, config_dir ? config_dir : ks_path_config(), config_dir != NULL, problem);

	if (r == 0 && !config_dir)
		r = read_directory(&names, ks_path_vendor(), false, problem);
	if (r < 0)
		goto out;
	if (names.count > 0)
		qsort(names.items, names.count, sizeof(*names.items), compare);
	for (size_t i = 0; i < names.count; i++) {
		if (i == 0 || strcmp(names.items[i - 1], names.items[i]) != 0)
			found(data, names.items[i]);
	}
out:
	free(names.items);
	ks_arena_finish(&names.arena);
	return r;
}
