/* SPDX-License-Identifier: MIT */
/*
 * `.git` and `commondir` are read as release 2.1.329 of claude was seen to read them: the whole text counts, blanks
 * around it do not, and `..` takes the name before it away as text, links or not. What git and the system make of
 * the same path is looked at too.
 */
#include "cli/project.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/settings.h"
#include "core/text.h"

enum {
	TEXT_MAX = 2 * PATH_MAX /* of `.git` or `commondir`: a path, and room for blanks */
};

struct search {
	struct shadows *shadows;
	struct project_root *first, **last;
};

bool project_is_same(const char *a, const char *b)
{
	struct stat status_a, status_b;

	return stat(a, &status_a) == 0 && stat(b, &status_b) == 0 && status_a.st_dev == status_b.st_dev &&
	       status_a.st_ino == status_b.st_ino;
}

static void fail(struct search *search, const char *path, const char *reason)
{
	settings_unreadable(search->shadows, SHADOW_PROJECT, path, reason);
}

/* After a call that failed on `path`: that nothing is there is no fault. */
static void fail_unless_absent(struct search *search, const char *path)
{
	if (errno != ENOENT && errno != ENOTDIR)
		fail(search, path, strerrordesc_np(errno));
}

static const char *join(struct search *search, const char *folder, const char *name)
{
	const char *path = ks_arena_print(&search->shadows->arena, "%s/%s", folder, name);

	if (!path)
		search->shadows->failed = true;
	return path;
}

static void add_root(struct search *search, const char *path, size_t length)
{
	struct project_root *root = search->first;

	for (; root; root = root->next)
		if (strlen(root->path) == length && memcmp(root->path, path, length) == 0)
			return;
	root = ks_arena_alloc(&search->shadows->arena, sizeof(*root));
	if (root)
		root->path = ks_arena_copy(&search->shadows->arena, path, length);
	if (!root || !root->path) {
		search->shadows->failed = true;
		return;
	}
	*search->last = root;
	search->last = &root->next;
}

/* What trim() of claude's language takes away, and nothing else. */
static bool is_blank(const char *text, size_t length)
{
	static const char *const blanks[] = {"\t", "\n", "\v", "\f", "\r", " ", "\u00a0", "\u1680", "\u2000",
		"\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
		"\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff"};

	for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++)
		if (strlen(blanks[i]) == length && memcmp(blanks[i], text, length) == 0)
			return true;
	return false;
}

/* The text without the blanks around it; it is cut there. NULL where it is not UTF-8. */
static char *trim(char *text, size_t length)
{
	char *start = text, *end = text;

	for (size_t at = 0, size = 0; at < length; at += size) {
		size = ks_text_sequence(text + at, length - at);
		if (size == 0)
			return NULL;
		if (is_blank(text + at, size))
			continue;
		if (end == text)
			start = text + at;
		end = text + at + size;
	}
	*end = '\0';
	return start;
}

/* Reads until the end or until `size` bytes are there. Returns the length, or -1 and errno. */
static ssize_t read_fully(int fd, char *text, size_t size)
{
	size_t length = 0;
	ssize_t n = 0;

	do {
		n = read(fd, text + length, size - length);
		if (n > 0)
			length += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -1 : (ssize_t)length;
}

/*
 * The trimmed content of a small file, in `text`; NULL where no regular file is there, or where it cannot be read
 * and that was told. claude reads bytes that are not UTF-8 as other characters, and so another path.
 */
static char *read_text(struct search *search, const char *path, char text[TEXT_MAX + 1])
{
	struct stat status;
	ssize_t length = -1;
	char *trimmed = NULL;
	int fd = -1;

	if (stat(path, &status) < 0) {
		fail_unless_absent(search, path);
		return NULL;
	}
	if (!S_ISREG(status.st_mode))
		return NULL;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		length = read_fully(fd, text, TEXT_MAX + 1);
	if (length < 0)
		fail(search, path, strerrordesc_np(errno));
	else if (length > TEXT_MAX)
		fail(search, path, "it is too large");
	else if (!(trimmed = trim(text, (size_t)length)))
		fail(search, path, "it is not UTF-8");
	if (fd >= 0)
		(void)close(fd);
	return trimmed;
}

/* `text` seen from `folder`, with `.` and `..` folded as text. False where it is too long. */
static bool fold(char path[PATH_MAX], const char *folder, const char *text)
{
	size_t length = text[0] == '/' ? 0 : strlen(folder), size = 0;

	if (length >= PATH_MAX)
		return false;
	memcpy(path, folder, length);
	for (; *text; text += size + (text[size] == '/')) {
		size = strcspn(text, "/");
		if (size == 0 || (size == 1 && text[0] == '.'))
			continue;
		if (size == 2 && memcmp(text, "..", 2) == 0) {
			while (length > 0 && path[--length] != '/')
				;
			continue;
		}
		if (size >= PATH_MAX - 1 - length)
			return false;
		path[length] = '/';
		memcpy(path + length + 1, text, size);
		length += 1 + size;
	}
	path[length] = '\0';
	return true;
}

/* Goes where `text`, which stood in the file `source`, leads from `folder`: as claude reads it, and as git does. */
static void visit_both(struct search *search, const char *source, const char *folder, const char *text,
	void (*visit)(struct search *search, const char *path))
{
	const char *joined = text[0] == '/' ? text : join(search, folder, text);
	char folded[PATH_MAX], *real = NULL;

	if (!joined)
		return;
	if (!fold(folded, folder, text)) {
		fail(search, source, "it leads to a path that is too long");
		return;
	}
	visit(search, folded);
	real = realpath(joined, NULL);
	if (!real)
		fail_unless_absent(search, source);
	else if (strcmp(real, folded) != 0)
		visit(search, real);
	free(real);
}

/* `path` is the .git folder of a main checkout. */
static void visit_common(struct search *search, const char *path)
{
	const char *slash = strrchr(path, '/');

	add_root(search, path, slash ? (size_t)(slash - path) : 0);
}

/* `path` is what a repository has for a worktree, or for a submodule, and then it has no `commondir`. */
static void visit_gitdir(struct search *search, const char *path)
{
	char buffer[TEXT_MAX + 1], *text = NULL;
	const char *file = join(search, path, "commondir");

	if (file)
		text = read_text(search, file, buffer);
	if (text)
		visit_both(search, file, path, text, visit_common);
}

static void look_at(struct search *search, const char *folder, const char *home)
{
	static const char head[] = "gitdir:";
	char buffer[TEXT_MAX + 1], *text = NULL;
	const char *git = join(search, folder, ".git");
	struct stat status;

	if (!git)
		return;
	if (lstat(git, &status) < 0) {
		fail_unless_absent(search, git);
		return;
	}
	if (!project_is_same(folder, home))
		add_root(search, folder, strlen(folder));
	text = read_text(search, git, buffer);
	if (!text || strncmp(text, head, sizeof(head) - 1) != 0)
		return;
	text = trim(text + sizeof(head) - 1, strlen(text) - (sizeof(head) - 1));
	if (text)
		visit_both(search, git, folder, text, visit_gitdir);
}

const struct project_root *project_roots(struct shadows *shadows, const char *home)
{
	struct search search = {.shadows = shadows};
	char folder[PATH_MAX], *end = NULL;

	search.last = &search.first;
	if (!getcwd(folder, sizeof(folder)) || folder[0] != '/') {
		fail(&search, ".", "the current folder has no path");
		return NULL;
	}
	end = folder[1] == '\0' ? folder : folder + strlen(folder);
	do {
		*end = '\0';
		if (!search.first)
			add_root(&search, folder, strlen(folder));
		look_at(&search, folder, home);
		end = strrchr(folder, '/');
	} while (end);
	return search.first;
}
