/* SPDX-License-Identifier: MIT */
/*
 * Which modules there are.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/config.h"
#include "core/module.h"
#include "core/paths.h"

#define SUFFIX ".so"

static int is_module(const struct dirent *item)
{
	size_t length = strlen(item->d_name);

	return item->d_name[0] != '.' && length > sizeof(SUFFIX) - 1 &&
	       strcmp(item->d_name + length - (sizeof(SUFFIX) - 1), SUFFIX) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int ks_modules_list(struct ks_modules *modules,
	void (*found)(void *data, const char *name, const struct ks_module *module, const struct ks_problem *problem),
	void *data, struct ks_problem *problem)
{
	struct ks_problem why = {0};
	struct ks_module *module = NULL;
	struct dirent **items = NULL;
	char *name = NULL;
	int count = scandir(ks_path_modules(), &items, is_module, by_name);

	if (count < 0)
		return ks_problem(problem, errno == EACCES ? KS_DENIED : KS_MISCONFIGURED,
			"install Keystile again, or mend the folder's permissions", "%s cannot be read: %s",
			ks_path_modules(), strerrordesc_np(errno));
	for (int i = 0; i < count; i++) {
		name = items[i]->d_name;
		name[strlen(name) - (sizeof(SUFFIX) - 1)] = '\0';
		if (ks_name_is_valid(name)) {
			module = ks_module_find(modules, name, &why);
		} else {
			module = NULL;
			(void)ks_problem(&why, KS_MISCONFIGURED, "remove or rename it",
				"its name is none a stack can use: lower-case letters, digits, - and _");
		}
		found(data, name, module, &why);
		free(items[i]);
	}
	free((void *)items);
	return 0;
}
