/* SPDX-License-Identifier: MIT */
#include "core/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/text.h"

enum {
	LINKS_MAX = 40, /* as many as the kernel follows */
	SHOWN_MAX = 320 /* of a path in a message, so that what is wrong with it is never cut off */
};

static const int directory_flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC; /* O_DIRECTORY: automounts */
static const int link_flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
static const int end_flags = O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;

struct walk {
	const char *path; /* as it was asked for */
	unsigned flags;
	struct ks_problem *problem;
	bool is_noted; /* KS_TRUST_NOTE: the first breach has been told */

	int fd; /* where the walk stands */
	struct stat status;
	char place[PATH_MAX]; /* its real path, or that of the component looked at */
	size_t length;

	const char *next;    /* what is still to be walked: of `path`, or of `left` behind a link */
	char left[PATH_MAX]; /* a link's target and what was left when it was met */
	size_t asked;        /* how many bytes at the end of it are of `path`; the others come from links */
	bool is_from_link;   /* of the component looked at */
	unsigned links;
};

/* Fills the problem with "PLACE PHRASE". */
__attribute__((format(printf, 4, 5))) static void tell(
	struct walk *walk, enum ks_result result, const char *remedy, const char *format, ...)
{
	bool is_cut = walk->length > SHOWN_MAX;
	char phrase[KS_REASON_MAX - SHOWN_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(phrase, sizeof(phrase), format, arguments);
	va_end(arguments);
	(void)ks_problem(walk->problem, result, remedy, "%s%s %s", is_cut ? "..." : "",
		walk->place + (is_cut ? walk->length - SHOWN_MAX : 0), phrase);
}

/*
 * A breach of the rule, mended by `command` with the place behind it. (One that would be cut could do harm, and is
 * left out.) Returns whether the walk ends: -EPERM, or 0 where breaches are only noted.
 */
__attribute__((format(printf, 3, 4))) static int breach(
	struct walk *walk, const char *command, const char *format, ...)
{
	char phrase[KS_REASON_MAX], remedy[KS_REMEDY_MAX], place[KS_REMEDY_MAX];
	va_list arguments;
	int size = 0;

	if (walk->is_noted)
		return 0;
	va_start(arguments, format);
	(void)vsnprintf(phrase, sizeof(phrase), format, arguments);
	va_end(arguments);
	if (ks_text_shell_word(walk->place, place, sizeof(place)))
		size = snprintf(remedy, sizeof(remedy), "%s %s", command, place);
	tell(walk, KS_MISCONFIGURED, size <= 0 || (size_t)size >= sizeof(remedy) ? "" : remedy, "%s", phrase);
	walk->is_noted = walk->flags & KS_TRUST_NOTE;
	return walk->is_noted ? 0 : -EPERM;
}

/* What a system call that failed says of the place: no permission, or a fault of the machine's. */
static int refuse_errno(struct walk *walk, int error)
{
	char remedy[KS_REMEDY_MAX] = "";

	if (error == EACCES)
		(void)snprintf(remedy, sizeof(remedy), "let uid %u open it", geteuid());
	tell(walk, error == EACCES ? KS_DENIED : KS_ERROR, remedy, "cannot be opened: %s", strerrordesc_np(error));
	return -error;
}

/* What keeps it from being judged, which must not look like a breach of the rule. */
static int refuse_unjudged(struct walk *walk, int error)
{
	tell(walk, KS_ERROR, KS_TRY_AGAIN, "cannot be judged: %s", strerrordesc_np(error));
	return error == EPERM ? -EIO : -error;
}

static int check_owner(struct walk *walk, uid_t owner, const char *what, const char *command)
{
	int r = ks_trust_owner(owner, walk->flags);

	if (r < 0)
		return refuse_unjudged(walk, -r);
	if (r > 0)
		return 0;
	if (geteuid() == 0)
		return breach(walk, command, "is %sowned by uid %u, not by root", what, owner);
	return breach(walk, command, "is %sowned by uid %u, not by root or the effective user (uid %u)", what, owner,
		geteuid());
}

int ks_trust_is_read_only(int fd)
{
	struct statvfs status;

	if (fstatvfs(fd, &status) < 0)
		return -errno;
	return (status.f_flag & ST_RDONLY) != 0;
}

/* The rule for where the walk stands: a directory on the way, or the end. */
static int check(struct walk *walk)
{
	mode_t mode = walk->status.st_mode, writable = mode & (S_IWGRP | S_IWOTH);
	int r = check_owner(walk, walk->status.st_uid, "", "chown root");

	if (r < 0 || !writable)
		return r;
	if (S_ISDIR(mode) && (mode & S_ISVTX))
		r = ks_trust_root(walk->status.st_uid, walk->flags);
	if (r == 0)
		r = ks_trust_is_read_only(walk->fd);
	if (r != 0)
		return r < 0 ? refuse_unjudged(walk, -r) : 0;
	return breach(walk, "chmod go-w", "is writable by %s (mode %04o)",
		writable == S_IWGRP   ? "group"
		: writable == S_IWOTH ? "others"
				      : "group and others",
		mode & 07777);
}

/* Stands on `fd` from now on, which may be the -1 of a call that failed just now. */
static int stand_on(struct walk *walk, int fd)
{
	if (fd < 0 || fstat(fd, &walk->status) < 0) {
		int error = errno;

		if (fd >= 0)
			(void)close(fd);
		return refuse_errno(walk, error);
	}
	if (walk->fd >= 0)
		(void)close(walk->fd);
	walk->fd = fd;
	return 0;
}

static int stand_on_root(struct walk *walk)
{
	int r = 0;

	memcpy(walk->place, "/", 2);
	walk->length = 1;
	r = stand_on(walk, open("/", directory_flags));
	return r < 0 ? r : check(walk);
}

static int refuse_long_name(struct walk *walk)
{
	tell(walk, KS_MISCONFIGURED, "use a shorter path", "is on a path that is too long");
	return -ENAMETOOLONG;
}

static void leave_name(struct walk *walk)
{
	walk->length = (size_t)(strrchr(walk->place, '/') - walk->place);
	if (walk->length == 0)
		walk->length = 1;
	walk->place[walk->length] = '\0';
}

/* Moves the next component out of what is left, and the place along. "." stands for none: the walk is there. */
static int take_name(struct walk *walk, char name[NAME_MAX + 1])
{
	size_t size = 0;

	do {
		walk->next += size;
		walk->next += strspn(walk->next, "/");
		size = strcspn(walk->next, "/");
	} while (size == 1 && walk->next[0] == '.');

	if (size > NAME_MAX || walk->length + 1 + size >= sizeof(walk->place))
		return refuse_long_name(walk);
	memcpy(name, ".", 2);
	if (size == 0)
		return 0;
	memcpy(name, walk->next, size);
	name[size] = '\0';
	walk->is_from_link = strlen(walk->next) > walk->asked;
	walk->next += size;
	walk->next += strspn(walk->next, "/");

	if (strcmp(name, "..") == 0) {
		leave_name(walk);
		return 0;
	}
	if (walk->length > 1)
		walk->place[walk->length++] = '/';
	memcpy(walk->place + walk->length, name, size + 1);
	walk->length += size;
	return 0;
}

/* Puts the target of the link `fd` in front of what is left. The kernel follows nothing. */
static int read_link(struct walk *walk, int fd)
{
	char target[PATH_MAX];
	size_t left = strlen(walk->next), size;
	ssize_t length = readlinkat(fd, "", target, sizeof(target));

	if (length < 0)
		return refuse_errno(walk, errno);
	size = (size_t)length;
	if (size + 1 + left >= sizeof(target))
		return refuse_long_name(walk);
	target[size] = '/';
	memcpy(target + size + 1, walk->next, left + 1);
	memcpy(walk->left, target, size + 1 + left + 1);
	walk->next = walk->left;
	if (walk->asked > left)
		walk->asked = left;

	leave_name(walk);
	return target[0] == '/' ? stand_on_root(walk) : 0;
}

/* What could be opened neither as a directory nor as an end without following a link. */
static int follow(struct walk *walk, const char *name)
{
	struct stat status;
	int fd = openat(walk->fd, name, link_flags), r = 0;

	if (fd < 0 || fstat(fd, &status) < 0) {
		r = refuse_errno(walk, errno);
	} else if (!S_ISLNK(status.st_mode)) {
		tell(walk, KS_MISCONFIGURED, "", *walk->next ? "is not a directory" : "changed while it was opened");
		r = -ENOTDIR;
	} else if (++walk->links > LINKS_MAX) {
		tell(walk, KS_MISCONFIGURED, "correct the links", "is one symbolic link too many (at most %d)",
			LINKS_MAX);
		r = -ELOOP;
	} else {
		r = check_owner(walk, status.st_uid, "a symbolic link ", "chown -h root");
		if (r == 0)
			r = read_link(walk, fd);
	}
	if (fd >= 0)
		(void)close(fd);
	return r;
}

static int refuse_absent(struct walk *walk)
{
	if (walk->is_from_link) {
		tell(walk, KS_MISCONFIGURED, "correct the link",
			"does not exist, and a symbolic link on the way of %.*s leads there", SHOWN_MAX / 2,
			walk->path);
		return -ELOOP;
	}
	tell(walk, KS_MISCONFIGURED, "create it, or correct the path", "does not exist");
	return -ENOENT;
}

static int refuse_type(struct walk *walk, mode_t mode)
{
	const char *what = S_ISDIR(mode)    ? "a directory"
			   : S_ISFIFO(mode) ? "a FIFO"
			   : S_ISSOCK(mode) ? "a socket"
					    : "a device";

	tell(walk, KS_MISCONFIGURED, "put a regular file there", "is %s, not a regular file", what);
	return -EINVAL;
}

/* Goes one component on. Returns 1 on arrival, 0, or a negative errno. */
static int step(struct walk *walk)
{
	char name[NAME_MAX + 1];
	bool is_end = false;
	int r = take_name(walk, name), fd = -1;

	if (r < 0)
		return r;
	is_end = *walk->next == '\0';
	fd = openat(walk->fd, name, is_end ? end_flags : directory_flags);
	if (fd < 0 && errno == (is_end ? ELOOP : ENOTDIR))
		return follow(walk, name);
	if (fd < 0 && errno == ENOENT)
		return refuse_absent(walk);
	if (fd < 0 && errno == ENXIO)
		return refuse_type(walk, S_IFSOCK);

	r = stand_on(walk, fd);
	if (r < 0)
		return r;
	if (is_end && !S_ISREG(walk->status.st_mode))
		return refuse_type(walk, walk->status.st_mode);
	r = check(walk);
	return r < 0 ? r : is_end;
}

/* Field by field: zeros for its two paths would cost more than many a walk. */
static void start(struct walk *walk, const char *path, unsigned flags, struct ks_problem *problem)
{
	walk->path = path;
	walk->flags = flags;
	walk->problem = problem;
	walk->is_noted = false;
	walk->fd = -1;
	memcpy(walk->place, "/", 2);
	walk->length = 1;
	walk->next = path;
	walk->asked = strlen(path);
	walk->is_from_link = false;
	walk->links = 0;
}

int ks_trust_open(const char *path, unsigned flags, struct ks_trusted *ret_trusted, struct ks_problem *problem)
{
	struct walk walk;
	int r = 0;

	start(&walk, path, flags, problem);
	ks_problem_clear(problem);
	if (path[0] != '/') {
		(void)ks_problem(
			problem, KS_MISCONFIGURED, "write the whole path", "%s is not an absolute path", path);
		return -EINVAL;
	}
	if (walk.asked >= sizeof(walk.left))
		return refuse_long_name(&walk);

	r = stand_on_root(&walk);
	while (r == 0)
		r = step(&walk);
	if (r == 1) {
		ret_trusted->fd = walk.fd;
		ret_trusted->status = walk.status;
		memcpy(ret_trusted->path, walk.place, walk.length + 1);
		return 0;
	}
	if (walk.fd >= 0)
		(void)close(walk.fd);
	return r;
}
