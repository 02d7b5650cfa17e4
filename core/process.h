/* SPDX-License-Identifier: MIT */
/*
 * What this process is: whether it gained privileges, whether its environment may be read, whose home it has.
 */
#ifndef KEYSTILE_CORE_PROCESS_H
#define KEYSTILE_CORE_PROCESS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/problem.h"

/* What the judgement of a process rests on. */
struct ks_process_facts {
	uid_t uids[3]; /* real, effective, saved */
	gid_t gids[3];
	bool secure;                 /* AT_SECURE */
	uint64_t permitted, ambient; /* sets of capabilities; read only where they matter: secure, and not root */
};

/*
 * Refuses (KS_DENIED) a process whose real, effective or saved user or group ids differ, or which gained
 * capabilities by running a file (AT_SECURE, not root, a permitted capability that is not ambient).
 * Returns 0 or negative.
 */
int ks_process_check(struct ks_problem *problem);

/* The judgement alone, which makes no system call. */
int ks_process_judge(const struct ks_process_facts *facts, struct ks_problem *problem);

/* Whether the environment may be read: not where AT_SECURE is set (getauxval(3)). *ret_reason says why not, and is
   written only then. */
bool ks_process_environment(const char **ret_reason);

/*
 * The user's home: HOME where it is set, absolute and may be read, else the password database's. Returns 0 and fills
 * `buffer`, or -ENOENT, -ENAMETOOLONG, or the database's error. Safe in threads (getpwuid_r).
 */
int ks_process_home(char *buffer, size_t size);

/*
 * The absolute path for one that is absolute, or has the user's home in place of a leading ~ . NULL is what an option
 * has that was not given. Returns 0, or a negative errno and *problem.
 */
int ks_path_expand(const char *path, char full[PATH_MAX], struct ks_problem *problem);

/* Milliseconds and microseconds on CLOCK_MONOTONIC. */
int64_t ks_now_ms(void);
int64_t ks_now_us(void);

/* Device and inode of "/", to notice a chroot. Returns 0 or a negative errno. */
int ks_process_root(dev_t *ret_device, ino_t *ret_inode);

#endif
