/* SPDX-License-Identifier: MIT */
#include "core/process.h"

#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
	PASSWD_BUFFER_MIN = 1024,
	PASSWD_BUFFER_MAX = 64 * 1024,
	CAPABILITIES_MAX = 64
};

#define REMEDY_PRIVILEGE "run it without setuid, setgid or file capabilities"

/* A kernel that does not say is taken for one that says yes. */
static bool is_secure(void)
{
	unsigned long secure;

	errno = 0;
	secure = getauxval(AT_SECURE);
	return secure != 0 || errno != 0;
}

/* By system calls: /proc may not be there. */
static int read_capabilities(struct ks_process_facts *facts)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	unsigned long capability;

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	facts->permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	for (capability = 0; capability < CAPABILITIES_MAX; capability++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) == 1)
			facts->ambient |= UINT64_C(1) << capability;
	return 0;
}

int ks_process_judge(const struct ks_process_facts *facts, struct ks_problem *problem)
{
	const uid_t *const uids = facts->uids;
	const gid_t *const gids = facts->gids;

	if (uids[0] != uids[1] || uids[0] != uids[2])
		return ks_problem(problem, KS_DENIED, REMEDY_PRIVILEGE,
			"the process's real, effective and saved user ids differ");
	if (gids[0] != gids[1] || gids[0] != gids[2])
		return ks_problem(problem, KS_DENIED, REMEDY_PRIVILEGE,
			"the process's real, effective and saved group ids differ");
	if (facts->secure && uids[1] != 0 && (facts->permitted & ~facts->ambient) != 0)
		return ks_problem(problem, KS_DENIED, REMEDY_PRIVILEGE,
			"the process gained capabilities from the file it runs");
	return 0;
}

int ks_process_check(struct ks_problem *problem)
{
	struct ks_process_facts facts = {.secure = is_secure()};
	int r = 0;

	if (getresuid(&facts.uids[0], &facts.uids[1], &facts.uids[2]) < 0 ||
		getresgid(&facts.gids[0], &facts.gids[1], &facts.gids[2]) < 0)
		return ks_problem_errno(problem, errno, "cannot read the ids of this process");
	if (facts.secure && facts.uids[1] != 0)
		r = read_capabilities(&facts);
	if (r < 0)
		return ks_problem_errno(problem, -r, "cannot read the capabilities of this process");
	return ks_process_judge(&facts, problem);
}

bool ks_process_environment(const char **ret_reason)
{
	if (!is_secure())
		return true;
	*ret_reason = "the environment is not read, because the kernel marked this process as privileged (AT_SECURE)";
	return false;
}

static int copy_home(const char *home, char *buffer, size_t size)
{
	const size_t length = strlen(home);

	if (length >= size)
		return -ENAMETOOLONG;
	memcpy(buffer, home, length + 1);
	return 0;
}

/* What getpwuid_r(3) may return where there is simply no such user. */
static bool means_no_user(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

/*
 * The C library says "no such user" also where it could not open or read the list of them. Returns -ENOENT where the
 * list has no such user, or is not there, and another negative errno where it has one or cannot be read.
 */
static int confirm_absence(uid_t uid)
{
	FILE *list = fopen("/etc/passwd", "re");
	struct passwd entry, *found = NULL;
	char *text = NULL;
	int r = 0;

	if (!list)
		return -errno;
	text = malloc(PASSWD_BUFFER_MAX);
	if (!text)
		r = ENOMEM;
	while (r == 0) {
		r = fgetpwent_r(list, &entry, text, PASSWD_BUFFER_MAX, &found);
		if (r == 0 && found->pw_uid == uid)
			r = EIO;
	}
	free(text);
	(void)fclose(list);
	return -r;
}

static int home_from_database(char *buffer, size_t size)
{
	struct passwd entry, *found = NULL;
	size_t room = PASSWD_BUFFER_MIN;
	char *text = NULL, *larger;
	int r;

	do {
		larger = realloc(text, room);
		if (!larger) {
			r = -ENOMEM;
			goto out;
		}
		text = larger;
		r = getpwuid_r(getuid(), &entry, text, room, &found);
		room *= 2;
	} while (r == ERANGE && room <= PASSWD_BUFFER_MAX);
	if (found && found->pw_dir[0] == '/')
		r = copy_home(found->pw_dir, buffer, size);
	else if (found)
		r = -ENOENT;
	else
		r = means_no_user(r) ? confirm_absence(getuid()) : -r;
out:
	free(text);
	return r;
}

int ks_process_home(char *buffer, size_t size)
{
	const char *reason;
	const char *home = ks_process_environment(&reason) ? getenv("HOME") : NULL;

	if (home && home[0] == '/')
		return copy_home(home, buffer, size);
	return home_from_database(buffer, size);
}

int ks_path_expand(const char *path, char full[PATH_MAX], struct ks_problem *problem)
{
	char home[PATH_MAX] = "";
	bool is_home = path && path[0] == '~' && path[1] == '/';
	int r = is_home ? ks_process_home(home, sizeof(home)) : 0;

	if (!path)
		return ks_problem(problem, KS_INVALID, "give the option that names it", "no path is given");
	if (r < 0) {
		(void)ks_problem(problem, KS_ERROR, "set HOME", "lies in a home that is not known");
		return r;
	}
	r = snprintf(full, PATH_MAX, "%s%s", home, path + is_home);
	if (r < 0 || r >= PATH_MAX || full[0] != '/') {
		(void)ks_problem(problem, KS_INVALID, "write the path from the root on",
			"has a path that is too long or not absolute");
		return -EINVAL;
	}
	return 0;
}

int64_t ks_now_us(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t ks_now_ms(void)
{
	return ks_now_us() / 1000;
}

int ks_process_root(dev_t *ret_device, ino_t *ret_inode)
{
	struct stat status;

	if (stat("/", &status) < 0)
		return -errno;
	*ret_device = status.st_dev;
	*ret_inode = status.st_ino;
	return 0;
}
