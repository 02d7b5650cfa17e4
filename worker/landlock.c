/* SPDX-License-Identifier: MIT */
#include "worker/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/confinement.h"

/* What <linux/landlock.h> of Debian 12 does not have yet. */
struct ruleset {
	uint64_t files, ports, scope;
};
#define RIGHT_TRUNCATE (UINT64_C(1) << 14)
#define RIGHT_IOCTL_DEVICE (UINT64_C(1) << 15)
#define RIGHT_BIND_TCP (UINT64_C(1) << 0)
#define RIGHT_CONNECT_TCP (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT_SOCKETS (UINT64_C(1) << 0)
#define SCOPE_SIGNALS (UINT64_C(1) << 1)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * What everybody may read, and libraries must. Not /etc, nor what else has secrets that root could read for it owns
 * them: the entry's own files are opened by the caller. A rule on a folder holds for files that come later; one on a
 * file dies with the file.
 */
static const char *const granted[] = {
	/* the loader, name services, time zones, locales */
	"/lib",
	"/lib32",
	"/lib64",
	"/usr/lib",
	"/usr/lib32",
	"/usr/lib64",
	"/usr/local/lib",
	"/usr/local/lib64",
	"/usr/share",
	"/etc/ld.so.cache",
	"/etc/localtime",
	/* certificates, and how TLS libraries are set up */
	"/usr/local/share/ca-certificates",
	"/etc/ca-certificates",
	"/etc/crypto-policies",
	"/etc/gnutls",
	"/etc/pki/ca-trust",
	"/etc/pki/tls/cert.pem",
	"/etc/pki/tls/certs",
	"/etc/pki/tls/openssl.cnf",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
	"/etc/ssl/certs",
	"/etc/ssl/openssl.cnf",
	/* the resolver; where it has a folder of its own, as the target of /etc/resolv.conf */
	"/etc/gai.conf",
	"/etc/host.conf",
	"/etc/hosts",
	"/etc/nsswitch.conf",
	"/etc/protocols",
	"/etc/resolv.conf",
	"/etc/services",
	"/run/resolvconf",
	"/run/systemd/resolve",
	/* the home of a user whose environment does not name it */
	"/etc/passwd",
	/* devices, and the kernel about this process and itself */
	"/dev/null",
	"/dev/random",
	"/dev/urandom",
	"/dev/zero",
	"/proc/self",
	"/proc/sys/crypto/fips_enabled",
	"/sys/devices/system/cpu/online",
};

/* Of this process, once it is confined: what ks_landlock_is_stale() tries again. */
static struct {
	const char *const *paths;
	unsigned path_count;
	bool network; /* else only the entry's own are tried: it costs more than most requests */
	bool system[COUNT(granted)], own[KS_CONFINEMENT_PATHS_MAX]; /* whether it could be read, or was absent */
} watched;

static int try(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	(void)close(fd);
	return 0;
}

static bool is_readable_or_absent(const char *path)
{
	int r = try(path);

	return r == 0 || r == -ENOENT;
}

/* Every right that the version has is handled, and so refused where no rule grants it. */
static struct ruleset all_rights(int version, bool network)
{
	struct ruleset rights = {.files = ((uint64_t)LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};

	if (version >= KS_LANDLOCK_REFER)
		rights.files |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= KS_LANDLOCK_TRUNCATE)
		rights.files |= RIGHT_TRUNCATE;
	if (version >= KS_LANDLOCK_PORTS)
		rights.ports = network ? RIGHT_BIND_TCP : RIGHT_BIND_TCP | RIGHT_CONNECT_TCP;
	if (version >= KS_LANDLOCK_DEVICES)
		rights.files |= RIGHT_IOCTL_DEVICE;
	if (version >= KS_LANDLOCK_SCOPE)
		rights.scope = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS;
	return rights;
}

/* What is not there, or cannot be reached, needs no rule. */
static int grant(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE};
	struct stat status;
	int fd = open(path, O_PATH | O_CLOEXEC), r = 0;

	if (fd < 0)
		return ks_is_of_path(-errno) ? 0 : -errno;
	if (fstat(fd, &status) < 0) {
		r = -errno;
		goto out;
	}
	if (S_ISDIR(status.st_mode))
		rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
	rule.parent_fd = fd;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		r = -errno;
out:
	(void)close(fd);
	return r;
}

static int grant_folder_of(int ruleset, const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (length >= sizeof(folder))
		return -ENAMETOOLONG;
	memcpy(folder, path, length);
	folder[length] = '\0';
	return length > 0 ? grant(ruleset, folder) : -EINVAL;
}

static int grant_all(int ruleset, const struct ks_confine_rules *rules)
{
	int r = rules->path_count > KS_CONFINEMENT_PATHS_MAX ? -E2BIG : grant_folder_of(ruleset, rules->module);

	for (size_t i = 0; r == 0 && i < COUNT(granted); i++)
		r = grant(ruleset, granted[i]);
	for (unsigned i = 0; r == 0 && i < rules->path_count; i++)
		r = grant(ruleset, rules->paths[i]);
	return r;
}

/* Behind the restriction: where a rule does not hold (some file systems forget their inodes), starting anew is no
 * help. */
static void watch_all(const struct ks_confine_rules *rules)
{
	/* the system's files that change under a process are the resolver's and certificates */
	watched.network = rules->network;
	for (size_t i = 0; watched.network && i < COUNT(granted); i++)
		watched.system[i] = is_readable_or_absent(granted[i]);
	for (unsigned i = 0; i < rules->path_count; i++)
		watched.own[i] = is_readable_or_absent(rules->paths[i]);
	watched.paths = rules->paths;
	watched.path_count = rules->path_count;
}

static int apply(int version, const struct ks_confine_rules *rules)
{
	const struct ruleset rights = all_rights(version, rules->network);
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof(rights), 0), r = 0;

	if (ruleset < 0)
		return -errno;
	r = grant_all(ruleset, rules);
	if (r == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		r = -errno;
	(void)close(ruleset);
	if (r == 0)
		watch_all(rules);
	return r;
}

int ks_landlock_apply(const struct ks_confine_rules *rules, uint32_t *ret_measures, struct ks_problem *problem)
{
	const uint32_t available = ks_measures_available();
	const int version = ks_landlock_version();
	int r = version > 0 ? apply(version, rules) : 0;

	if (r < 0)
		return ks_problem_errno(problem, -r, "cannot restrict the files of the worker");
	*ret_measures = available & (KS_MEASURE_FILES | KS_MEASURE_PORTS | KS_MEASURE_SCOPE);
	return 0;
}

bool ks_landlock_is_stale(void)
{
	for (size_t i = 0; watched.network && i < COUNT(granted); i++)
		if (watched.system[i] && try(granted[i]) == -EACCES)
			return true;
	for (unsigned i = 0; i < watched.path_count; i++)
		if (watched.own[i] && try(watched.paths[i]) == -EACCES)
			return true;
	return false;
}
