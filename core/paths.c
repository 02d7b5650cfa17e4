/* SPDX-License-Identifier: MIT */
#include "core/paths.h"

const char *ks_path_config(void)
{
	return KS_CONFIG_DIR;
}

const char *ks_path_vendor(void)
{
	return KS_VENDOR_DIR;
}

const char *ks_path_modules(void)
{
	return KS_MODULE_DIR;
}

const char *ks_path_worker(void)
{
	return KS_WORKER;
}

const char *ks_path_log(void)
{
	return KS_LOG_SOCKET;
}
