/* SPDX-License-Identifier: MIT */
#include "cli/project.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	GIT_FILE_MAX = PATH_MAX + 16 /* `gitdir: PATH` */
};

bool project_is_same(const char *a, const char *b)
{
	struct stat status_a, status_b;

	return stat(a, &status_a) == 0 && stat(b, &status_b) == 0 && status_a.st_dev == status_b.st_dev &&
	       status_a.st_ino == status_b.st_ino;
}

static void add_root(struct project *project, const char *path)
{
	for (unsigned i = 0; i < project->count; i++)
		if (strcmp(project->roots[i], path) == 0)
			return;
	if (project->count < PROJECT_ROOTS_MAX)
		(void)snprintf(project->roots[project->count++], PATH_MAX, "%s", path);
}

/* HEAD/TAIL, or TAIL where it begins at the root. */
static bool join(char path[PATH_MAX], const char *head, const char *tail)
{
	const char *slash = strcmp(head, "/") == 0 ? "" : "/";
	int size = tail[0] == '/' ? snprintf(path, PATH_MAX, "%s", tail)
				  : snprintf(path, PATH_MAX, "%s%s%s", head, slash, tail);

	return size > 0 && size < PATH_MAX;
}

/* The first line of a small file; false where there is none. */
static bool read_line(const char *path, char *line, size_t size)
{
	struct stat status;
	ssize_t length = -1;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		length = read(fd, line, size - 1);
	(void)close(fd);
	if (length <= 0)
		return false;
	line[length] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

/* In a linked worktree `.git` is a file: it leads to the worktree's folder, and `commondir` there to the main .git.
 */
static void add_main_checkout(struct project *project, const char *root)
{
	static const char head[] = "gitdir: ";
	char line[GIT_FILE_MAX], path[PATH_MAX], folder[PATH_MAX];
	char *real = NULL, *slash = NULL;

	if (!join(path, root, ".git") || !read_line(path, line, sizeof(line)) ||
		strncmp(line, head, sizeof(head) - 1) != 0 || !join(folder, root, line + sizeof(head) - 1))
		return;
	if (!join(path, folder, "commondir") || !read_line(path, line, sizeof(line)) || !join(path, folder, line))
		return;
	real = realpath(path, NULL);
	slash = real ? strrchr(real, '/') : NULL;
	if (slash && slash != real) {
		*slash = '\0';
		add_root(project, real);
	}
	free(real);
}

/* The nearest folder, this one or above, that has a `.git` of whatever sort. */
static bool find_repository(char root[PATH_MAX])
{
	char path[PATH_MAX];
	struct stat status;

	for (;;) {
		char *slash = strrchr(root, '/');

		if (join(path, root, ".git") && lstat(path, &status) == 0)
			return true;
		if (!slash || slash[1] == '\0')
			return false;
		slash[slash == root ? 1 : 0] = '\0';
	}
}

int project_find(struct project *project, const char *home)
{
	char root[PATH_MAX];

	if (!getcwd(root, sizeof(root)) || root[0] != '/')
		return -1;
	add_root(project, root);
	if (!find_repository(root))
		return 0;
	if (!project_is_same(root, home))
		add_root(project, root);
	add_main_checkout(project, root);
	return 0;
}
