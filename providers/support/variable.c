/* SPDX-License-Identifier: MIT */
#include "providers/support/variable.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "providers/support/file.h"

void ks_secret_variable_init(struct ks_secret_variable *variable, const char *name, int trust, size_t limit)
{
	variable->name = name;
	variable->trust = trust;
	variable->limit = limit;
	(void)snprintf(variable->file_name, sizeof(variable->file_name), "%s_FILE", name);
	(void)snprintf(variable->remedy, sizeof(variable->remedy), "export %s, or name a file that holds it in %s",
		name, variable->file_name);
}

const char *ks_variable_value(const struct ks_host *host, const char *name, int *ret_error, const char **ret_reason)
{
	const char *value = NULL;
	int r = host->getenv(host, name, &value);

	*ret_error = r;
	if (r == 0 && value[0])
		return value;
	if (r == -EPERM)
		*ret_reason = value;
	return NULL;
}

int ks_variable_refuse_long(const struct ks_host *host, const char *name)
{
	return host->fail(host, KS_INVALID, name, "has a value of more than 60 KiB", "check what it was set to");
}

static int find_in_file(const struct ks_secret_variable *variable, const struct ks_host *host, const char *path,
	struct ks_found *ret_found)
{
	struct ks_file file = {0};
	int result = KS_OK;

	if (path[0] != '/')
		return host->fail(host, KS_INVALID, variable->file_name, "does not name an absolute path",
			"write the path from the root on");
	result = ks_file_read(host, path, variable->trust, variable->limit, &file);
	if (result != KS_OK)
		return host->fail(host, result, path, file.reason, file.remedy);
	*ret_found = (struct ks_found){
		.text = file.text, .length = file.length, .source = path, .modified_at = file.modified_at};
	return KS_OK;
}

int ks_secret_variable_find(
	const struct ks_secret_variable *variable, const struct ks_host *host, struct ks_found *ret_found)
{
	const char *reason = NULL;
	int error = 0, path_error = 0;
	const char *value = ks_variable_value(host, variable->name, &error, &reason);
	const char *path = ks_variable_value(host, variable->file_name, &path_error, &reason);

	if (error == -EMSGSIZE || path_error == -EMSGSIZE)
		return ks_variable_refuse_long(host, error == -EMSGSIZE ? variable->name : variable->file_name);
	if (value && path)
		return host->fail(
			host, KS_INVALID, variable->name, "is set, and so is its _FILE form", "unset one of them");
	if (path)
		return find_in_file(variable, host, path, ret_found);
	if (value) {
		*ret_found = (struct ks_found){.text = value, .length = strlen(value), .source = variable->name};
		return KS_OK;
	}
	if (reason)
		return host->fail(
			host, KS_NOT_CONFIGURED, variable->name, reason, "use a file instead of the environment");
	return host->fail(host, KS_NOT_CONFIGURED, variable->name, error == 0 ? "is set, but empty" : "is not set",
		variable->remedy);
}
