/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <keystile/provider.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/text.h"
#include "core/trust.h"

#define NAME_IT "name the file itself"
#define SYSTEMD "let systemd make it, with LoadCredential="

static const int file_flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;

/* What each word of `trust=` asks of a file. */
struct rule {
	mode_t forbidden; /* bits its mode must not have */
	mode_t hidden;    /* bits the mode of its folder must not have; 0: the folder is not looked at */
	bool is_roots;    /* root must own it; else root or the effective user */
	bool may_link;    /* to another file below its folder */
	const char *command;
};

/* Group bits of what systemd makes are the mask of an ACL: who may read it is written there, and it is never all. */
static const struct rule rules[] = {
	[KS_TRUST_PRIVATE] = {.forbidden = 0077, .command = "chmod 600"},
	[KS_TRUST_GROUP] = {.forbidden = 0037, .is_roots = true, .command = "chmod 640"},
	[KS_TRUST_MOUNTED] = {.forbidden = 0022, .may_link = true, .command = "chmod go-w"},
	[KS_TRUST_SYSTEMD] = {.forbidden = 0027, .hidden = 0027, .command = "chmod 440"},
};

/*
 * A breach of the rule. The remedy is a command for the file at `path`, or stands alone where `path` is NULL. A
 * command that would be cut could do harm, and is left out.
 */
__attribute__((format(printf, 4, 5))) static int refuse(
	struct ks_problem *problem, const char *remedy, const char *path, const char *format, ...)
{
	char reason[KS_REASON_MAX], command[KS_REMEDY_MAX], word[KS_REMEDY_MAX];
	va_list arguments;
	int size = 0;

	if (path && ks_text_shell_word(path, word, sizeof(word)))
		size = snprintf(command, sizeof(command), "%s %s", remedy, word);
	if (path)
		remedy = size <= 0 || (size_t)size >= sizeof(command) ? "" : command;
	va_start(arguments, format);
	(void)vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	(void)ks_problem(problem, KS_INVALID, remedy, "%s", reason);
	return -EPERM;
}

/* A fault of the system's, which no errno of it may make look like a breach of the rule. */
static int fault(struct ks_problem *problem, int error, const char *what)
{
	int r = ks_problem_errno(problem, error, what);

	return r == -EPERM || r == -EINVAL ? -EIO : r;
}

/* What an open that failed means. */
static int refuse_errno(struct ks_problem *problem, int error)
{
	switch (error) {
	case ENOENT:
		(void)ks_problem(
			problem, KS_NOT_CONFIGURED, "put the file there, or correct the path", "does not exist");
		return -ENOENT;
	case EACCES:
		(void)ks_problem(problem, KS_DENIED, "let that user read it", "cannot be read by uid %u", geteuid());
		return -EACCES;
	case ELOOP:
		return refuse(problem, NAME_IT, NULL, "is a symbolic link, or too many links lead to it");
	case ENOTDIR:
		return refuse(problem, "correct the path", NULL, "has a path of which a part is no folder");
	case ENAMETOOLONG:
		return refuse(problem, "use a shorter path", NULL, "has a path that is too long");
	case ENXIO:
		return refuse(problem, "put a regular file there", NULL, "is not a regular file");
	default:
		return fault(problem, error, "cannot be opened");
	}
}

static const char *describe(mode_t bits)
{
	if (bits & S_IWOTH)
		return "may be written by others";
	if (bits & S_IWGRP)
		return "may be written by its group";
	return bits & S_IRWXO ? "is open to others" : "is open to its group";
}

/* Of the file at `path`, or of the folder it lies in where `path` is NULL. */
static int check_owner(const struct rule *rule, uid_t owner, const char *path, struct ks_problem *problem)
{
	const char *what = path ? "is" : "lies in a folder";
	uid_t self = rule->is_roots ? 0 : geteuid();
	int r = rule->is_roots ? owner == 0 : ks_trust_owner(owner, 0);
	char command[32];

	if (r < 0)
		return fault(problem, -r,
			path ? "has an owner that cannot be judged"
			     : "lies in a folder whose owner cannot be judged");
	if (r > 0)
		return 0;
	(void)snprintf(command, sizeof(command), "chown %u", self);
	if (self == 0)
		return refuse(
			problem, path ? command : SYSTEMD, path, "%s owned by uid %u, not by root", what, owner);
	return refuse(problem, path ? command : SYSTEMD, path,
		"%s owned by uid %u, not by root or the effective user (uid %u)", what, owner, self);
}

static int check_file(const struct rule *rule, int fd, const char *path, struct ks_problem *problem)
{
	struct stat status;
	mode_t bits = 0;
	int r = 0;

	if (fstat(fd, &status) < 0)
		return fault(problem, errno, "cannot be looked at");
	if (!S_ISREG(status.st_mode))
		return refuse(problem, "put a regular file there", NULL, "is not a regular file");
	r = check_owner(rule, status.st_uid, path, problem);
	if (r < 0)
		return r;
	bits = status.st_mode & rule->forbidden;
	if (bits != 0 && rule->may_link)
		r = ks_trust_is_read_only(fd);
	if (r < 0)
		return fault(problem, -r, "cannot be looked at");
	if (bits == 0 || r > 0)
		return 0;
	return refuse(problem, rule->command, path, "%s (mode %04o)", describe(bits), status.st_mode & 07777);
}

/* Where others can reach a folder, group bits in it are no mask but a group. */
static int check_folder(const struct rule *rule, int folder, struct ks_problem *problem)
{
	struct stat status;
	int r = 0;

	if (fstat(folder, &status) < 0)
		return fault(problem, errno, "lies in a folder that cannot be looked at");
	r = check_owner(rule, status.st_uid, NULL, problem);
	if (r < 0 || !(status.st_mode & rule->hidden))
		return r;
	return refuse(problem, SYSTEMD, NULL,
		"lies in a folder open to others (mode %04o), unlike one that systemd makes", status.st_mode & 07777);
}

/* Opens a link, as long as everything it goes through lies below the folder and on the same mount. */
static int open_link(int folder, const char *name, int *ret_fd, struct ks_problem *problem)
{
	struct open_how how = {
		.flags = (unsigned)file_flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
	};
	int fd = (int)syscall(SYS_openat2, folder, name, &how, sizeof(how));

	if (fd >= 0) {
		*ret_fd = fd;
		return 0;
	}
	switch (errno) {
	case ENOSYS:
	case EPERM: /* the seccomp filter of an old container runtime */
		return refuse(problem, NAME_IT, NULL, "is a symbolic link, and this kernel cannot confine one");
	case EXDEV:
		return refuse(problem, NAME_IT, NULL, "is a symbolic link that leads out of its folder");
	case ELOOP:
		return refuse(problem, NAME_IT, NULL, "is a symbolic link that leads to too many or special links");
	case ENOENT:
		return refuse(problem, "correct the link", NULL, "is a symbolic link to a file that is not there");
	default:
		return refuse_errno(problem, errno);
	}
}

/* Opens without a check. A file that is a mount of its own (as secrets of a container are) is no link. */
static int open_in(const struct rule *rule, int folder, const char *name, int *ret_fd, struct ks_problem *problem)
{
	int fd = openat(folder, name, file_flags | O_NOFOLLOW);

	if (fd < 0 && errno == ELOOP && rule->may_link)
		return open_link(folder, name, ret_fd, problem);
	if (fd < 0)
		return refuse_errno(problem, errno);
	*ret_fd = fd;
	return 0;
}

/* Opens the folder of a rule that has something to say of it; AT_FDCWD and the whole path will do for the others. */
static int open_folder(
	const struct rule *rule, const char *path, int *ret_folder, const char **ret_name, struct ks_problem *problem)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	size_t length = slash == path ? 1 : (size_t)(slash - path);
	int fd = AT_FDCWD;

	*ret_folder = AT_FDCWD;
	*ret_name = path;
	if (!rule->hidden && !rule->may_link)
		return 0;
	if (length >= sizeof(folder))
		return refuse_errno(problem, ENAMETOOLONG);
	memcpy(folder, path, length);
	folder[length] = '\0';
	fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return refuse_errno(problem, errno);
	*ret_folder = fd;
	*ret_name = slash[1] ? slash + 1 : ".";
	return 0;
}

int ks_private_open(const char *path, int trust, int *ret_fd, struct ks_problem *problem)
{
	const struct rule *rule = NULL;
	const char *name = NULL;
	int folder = AT_FDCWD, fd = -1, r = 0;

	if (trust < 0 || (size_t)trust >= sizeof(rules) / sizeof(rules[0]) || path[0] != '/') {
		(void)ks_problem(problem, KS_ERROR, "", "the module asked for a file in a way that is not known");
		return -EINVAL;
	}
	rule = &rules[trust];
	r = open_folder(rule, path, &folder, &name, problem);
	if (r == 0 && rule->hidden)
		r = check_folder(rule, folder, problem);
	if (r == 0)
		r = open_in(rule, folder, name, &fd, problem);
	if (r == 0)
		r = check_file(rule, fd, path, problem);
	if (folder >= 0)
		(void)close(folder);
	if (r == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		(void)close(fd);
	return r;
}
