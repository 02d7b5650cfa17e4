/* SPDX-License-Identifier: MIT */
#include "cli/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/message.h"

#define CLAUDE "claude"
#define PATH_FALLBACK "/bin:/usr/bin" /* what execvp(3) takes where PATH is not set */

/* Returns 0 where `path` can be executed, else a negative errno. */
static int probe(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

/* One folder of PATH; an empty one is the current folder. */
static int probe_in(struct target *target, const char *folder, int length, const char *command)
{
	int size = length == 0 ? snprintf(target->path, sizeof(target->path), "%s", command)
			       : snprintf(target->path, sizeof(target->path), "%.*s/%s", length, folder, command);

	if (size < 0 || (size_t)size >= sizeof(target->path))
		return -ENAMETOOLONG;
	return probe(target->path);
}

/* Whether the next folder of PATH may have its turn. (execvp(3) goes on after ESTALE, ENODEV and ETIMEDOUT as well.)
 */
static bool may_go_on(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -EACCES || error == -ENAMETOOLONG;
}

/*
 * Goes on after a file that may not be run, and remembers it. Not where it cannot be told what is there: another
 * program of that name, further on, is not the one that was meant to have the credential.
 */
static int search(struct target *target, const char *command)
{
	const char *folder = getenv("PATH");
	int error = -ENOENT;

	if (!folder)
		folder = PATH_FALLBACK;
	for (;;) {
		size_t length = strcspn(folder, ":");
		int r = length < PATH_MAX ? probe_in(target, folder, (int)length, command) : -ENAMETOOLONG;

		if (r == 0 || !may_go_on(r))
			return r;
		if (r == -EACCES)
			error = r;
		if (folder[length] == '\0')
			return error;
		folder += length + 1;
	}
}

static int find(struct target *target, const char *command)
{
	size_t length = strlen(command);

	if (length == 0)
		return -ENOENT;
	if (length >= sizeof(target->path))
		return -ENAMETOOLONG;
	if (!strchr(command, '/'))
		return search(target, command);
	memcpy(target->path, command, length + 1);
	return probe(target->path);
}

int target_find(struct target *target, const char *command)
{
	int r = find(target, command);
	const char *slash = NULL;

	if (r == -ENOENT || r == -ENOTDIR || r == -ENAMETOOLONG) {
		message_error("%s: command not found; check its name and PATH", *command ? command : "''");
		return EXIT_NOT_FOUND;
	}
	if (r == -EACCES) {
		message_error("%s: cannot be run: %s; check its permissions", command, strerrordesc_np(-r));
		return EXIT_NOT_EXECUTABLE;
	}
	if (r < 0) {
		message_error("%s: cannot be looked at: %s; try again, and see that its file system is in order",
			target->path, strerrordesc_np(-r));
		return EXIT_NOT_EXECUTABLE;
	}
	slash = strrchr(target->path, '/');
	target->name = slash ? slash + 1 : target->path;
	target->is_claude = strcmp(target->name, CLAUDE) == 0;
	return 0;
}

void target_prepare(const struct target *target, struct walk *walk, const struct options *options)
{
	uint32_t own = target->is_claude ? KS_TRANSPORT_CLI : KS_TRANSPORT_API;

	walk_prepare(walk, options, own, own, target->name);
}
