/* SPDX-License-Identifier: MIT */
#include "kit/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/paths.h"

#define SUFFIX ".so"

enum {
	COPY_BYTES = 64 * 1024,
	FILE_BYTES_MAX = 256 * 1024 * 1024
};

static char folder[PATH_MAX];

/* The core's directories: modules and stacks are in one, there is nothing to fall back on, and nobody is told. */
const char *ks_path_config(void)
{
	return folder;
}

const char *ks_path_vendor(void)
{
	return folder;
}

const char *ks_path_modules(void)
{
	return folder;
}

/* The installed one: a build folder's may not be trusted. */
const char *ks_path_worker(void)
{
	return KS_WORKER;
}

const char *ks_path_log(void)
{
	return "/nonexistent";
}

const char *place_folder(void)
{
	return folder;
}

void place_path(char path[PATH_MAX], const char *name)
{
	(void)snprintf(path, PATH_MAX, "%.*s/%s", PATH_MAX - NAME_MAX - 2, folder, name);
}

static int make_folder(void)
{
	const char *above = getenv("TMPDIR");
	int length = snprintf(
		folder, sizeof(folder), "%s/keystile-module-test-XXXXXX", above && above[0] == '/' ? above : "/tmp");

	if (length < 0 || length >= PATH_MAX - NAME_MAX)
		return -ENAMETOOLONG;
	return mkdtemp(folder) ? 0 : -errno;
}

static int write_all(int fd, const char *bytes, size_t size)
{
	ssize_t length = 0;

	while (size > 0) {
		length = write(fd, bytes, size);
		if (length < 0 && errno != EINTR)
			return -errno;
		if (length > 0) {
			bytes += length;
			size -= (size_t)length;
		}
	}
	return 0;
}

static int copy_bytes(int from, int to)
{
	char *bytes = malloc(COPY_BYTES);
	ssize_t length = bytes ? 1 : 0;
	int r = bytes ? 0 : -ENOMEM;

	while (r == 0 && length != 0) {
		length = read(from, bytes, COPY_BYTES);
		if (length > 0)
			r = write_all(to, bytes, (size_t)length);
		else if (length < 0 && errno != EINTR)
			r = -errno;
	}
	free(bytes);
	return r;
}

static int copy_module(const struct kit *kit, const char *file)
{
	char path[PATH_MAX];
	struct stat status;
	int from = open(kit->module, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), to = -1, r = 0;

	if (from < 0 || fstat(from, &status) < 0) {
		r = -errno;
		goto out;
	}
	if (!S_ISREG(status.st_mode) || status.st_size > FILE_BYTES_MAX) {
		r = -EINVAL;
		goto out;
	}
	place_path(path, file);
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	r = to < 0 ? -errno : copy_bytes(from, to);
out:
	if (from >= 0)
		(void)close(from);
	if (to >= 0 && close(to) < 0 && r == 0)
		r = -errno;
	return r;
}

int place_make(struct kit *kit)
{
	const char *file = strrchr(kit->module, '/') ? strrchr(kit->module, '/') + 1 : kit->module;
	size_t length = strlen(file);
	int r = 0;

	if (length <= strlen(SUFFIX) || length - strlen(SUFFIX) >= sizeof(kit->name) ||
		strcmp(file + length - strlen(SUFFIX), SUFFIX) != 0)
		return -EINVAL;
	memcpy(kit->name, file, length - strlen(SUFFIX));
	r = make_folder();
	return r < 0 ? r : copy_module(kit, file);
}

void place_remove(void)
{
	DIR *directory = folder[0] ? opendir(folder) : NULL;
	const struct dirent *item = NULL;

	while (directory && (item = readdir(directory)))
		(void)unlinkat(dirfd(directory), item->d_name, 0);
	if (directory)
		(void)closedir(directory);
	(void)rmdir(folder);
	folder[0] = '\0';
}

/* A value as the configuration wants it: always in quotes. */
static void put_quoted(FILE *file, const char *value)
{
	(void)fputc('"', file);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			(void)fputc('\\', file);
		(void)fputc(*value, file);
	}
	(void)fputc('"', file);
}

static bool is_option(const char *option, const char *name)
{
	return name && strncmp(option, name, strlen(name)) == 0 && option[strlen(name)] == '=';
}

int place_write_stack(
	const struct kit *kit, const char *service, const char *isolate, const char *except, const char *value)
{
	char path[PATH_MAX], name[NAME_MAX];
	FILE *file = NULL;

	(void)snprintf(name, sizeof(name), "%s.conf", service);
	place_path(path, name);
	file = fopen(path, "we");
	if (!file || fchmod(fileno(file), 0600) < 0)
		goto out;
	(void)fprintf(file, "any binding %s.so @isolate=%s", kit->name, isolate);
	for (char *const *option = kit->options; *option; option++) {
		if (is_option(*option, except))
			continue;
		(void)fprintf(file, " %.*s=", (int)strcspn(*option, "="), *option);
		put_quoted(file, strchr(*option, '=') + 1);
	}
	if (except && value) {
		(void)fprintf(file, " %s=", except);
		put_quoted(file, value);
	}
	(void)fputc('\n', file);
	if (ferror(file))
		goto out;
	return fclose(file) == 0 ? 0 : -errno;
out:
	if (file)
		(void)fclose(file);
	return -EIO;
}
