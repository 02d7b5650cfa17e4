/* SPDX-License-Identifier: MIT */
/*
 * The directories of the testable copy: from the environment, which no installed program reads.
 */
#include "core/paths.h"

#include <stdlib.h>

static const char *from_environment(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "/nonexistent";
}

const char *ks_path_config(void)
{
	return from_environment("KEYSTILE_TEST_CONFIG");
}

const char *ks_path_vendor(void)
{
	return from_environment("KEYSTILE_TEST_VENDOR");
}

const char *ks_path_modules(void)
{
	return from_environment("KEYSTILE_TEST_MODULES");
}

const char *ks_path_worker(void)
{
	return from_environment("KEYSTILE_TEST_WORKER");
}

const char *ks_path_log(void)
{
	return from_environment("KEYSTILE_TEST_LOG");
}
