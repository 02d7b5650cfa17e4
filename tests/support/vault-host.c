/* SPDX-License-Identifier: MIT */
#include "tests/support/vault-host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

enum {
	VARIABLES = 8,
	BLOCKS = 64,
	TIME_LEFT_MS = 5000
};

struct vault_host vault_host;

static struct {
	const char *name, *value;
} variables[VARIABLES];
static void *blocks[BLOCKS];
static unsigned block_count;

static void note_warning(const struct ks_host *host, int level, const char *text)
{
	(void)host;
	vault_host.warnings += level == KS_LOG_WARNING;
	(void)snprintf(vault_host.warning, sizeof(vault_host.warning), "%s", text);
}

static int give_variable(const struct ks_host *host, const char *name, const char **ret_value)
{
	(void)host;
	for (unsigned i = 0; i < VARIABLES; i++) {
		if (!variables[i].name || strcmp(variables[i].name, name) != 0)
			continue;
		if (strcmp(variables[i].value, VAULT_HOST_TOO_LONG) == 0)
			return -EMSGSIZE;
		*ret_value = variables[i].value;
		return 0;
	}
	return -ENOENT;
}

static int give_path(const struct ks_host *host, const char *path, const char **ret_path, const char **ret_reason)
{
	(void)host;
	if (path[0] != '/') {
		*ret_reason = "is no absolute path";
		return -EINVAL;
	}
	*ret_path = path;
	return 0;
}

static int open_file(const struct ks_host *host, const char *path, int trust, int *ret_fd, const char **ret_reason)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	(void)host;
	(void)trust;
	if (fd < 0) {
		*ret_reason = "cannot be opened";
		return -errno;
	}
	*ret_fd = fd;
	return 0;
}

static void *give_memory(const struct ks_host *host, size_t size)
{
	(void)host;
	if (vault_host.allocations == 0 || size > KS_HOST_SECRET_MAX)
		return NULL;
	vault_host.allocations--;
	assert_true(block_count < BLOCKS);
	blocks[block_count] = calloc(1, size);
	assert_non_null(blocks[block_count]);
	return blocks[block_count++];
}

static int64_t give_time(const struct ks_host *host)
{
	(void)host;
	return vault_host.time_left;
}

static int take_delivery(const struct ks_host *host, const struct ks_delivery *delivery)
{
	char *end = vault_host.delivered, *const last = end + sizeof(vault_host.delivered);

	(void)host;
	assert_string_equal(end, "");
	end += snprintf(end, (size_t)(last - end), "%u %u %.*s", delivery->kind, delivery->transports,
		(int)delivery->secret_length, delivery->secret);
	if (delivery->base_url)
		end += snprintf(end, (size_t)(last - end), " base-url=%s", delivery->base_url);
	if (delivery->expires_at)
		end += snprintf(end, (size_t)(last - end), " expires=%lld", (long long)delivery->expires_at);
	assert_int_equal(delivery->attribute_stride, sizeof(delivery->attributes[0]));
	for (unsigned i = 0; i < delivery->attribute_count; i++)
		end += snprintf(end, (size_t)(last - end), " %s=%s", delivery->attributes[i].name,
			delivery->attributes[i].value);
	vault_host.refresh_at = delivery->refresh_at;
	return KS_OK;
}

static const struct ks_host host = {
	.size = sizeof(host),
	.abi_major = KS_ABI_MAJOR,
	.log = note_warning,
	.getenv = give_variable,
	.full_path = give_path,
	.open_private = open_file,
	.secret_alloc = give_memory,
	.time_left = give_time,
	.deliver = take_delivery,
};

int vault_host_begin(void **state)
{
	(void)state;
	memset(variables, 0, sizeof(variables));
	vault_host = (struct vault_host){
		.vault = {.kind = KS_KIND_API_KEY},
		.request = {.size = sizeof(vault_host.request)},
		.call = {.vault = &vault_host.vault, .host = &host, .request = &vault_host.request},
		.time_left = TIME_LEFT_MS,
		.allocations = UINT_MAX,
	};
	return 0;
}

void vault_host_forget(void)
{
	while (block_count > 0)
		free(blocks[--block_count]);
}

int vault_host_end(void **state)
{
	(void)state;
	vault_host_forget();
	return 0;
}

void vault_host_set(const char *name, const char *value)
{
	unsigned place = VARIABLES;

	for (unsigned i = 0; i < VARIABLES; i++) {
		if (variables[i].name && strcmp(variables[i].name, name) == 0)
			variables[i].name = NULL;
		if (!variables[i].name)
			place = i;
	}
	if (!value)
		return;
	assert_true(place < VARIABLES);
	variables[place].name = name;
	variables[place].value = value;
}
