/* SPDX-License-Identifier: MIT */
/*
 * Who could have written this file? The rule for configuration and modules (keystile.conf(5), TRUST), and the one
 * for files that hold a secret.
 */
#ifndef KEYSTILE_CORE_TRUST_H
#define KEYSTILE_CORE_TRUST_H

#include <limits.h>
#include <sys/stat.h>

#include "core/problem.h"

enum ks_trust_flag {
	KS_TRUST_SYSTEM =
		1 << 0, /* one of the compiled-in directories: an unmapped root's overflow uid counts as root */
	KS_TRUST_NOTE = 1 << 1 /* ownership and mode are not enforced: the first breach goes into `problem`, with the
				  file open all the same (KS_OK in problem->result means there was none) */
};

/*
 * Whether a file of this owner is root's or the effective user's. The overflow uid stands for everybody who has no
 * uid in this user namespace, and so for nobody; only under KS_TRUST_SYSTEM is it root, where root has none.
 * 1, 0, or a negative errno where that cannot be told.
 */
int ks_trust_owner(uid_t owner, unsigned flags);

/* The same for root alone. */
int ks_trust_root(uid_t owner, unsigned flags);

/* Whether the file's mount is read-only, so that its mode lets nobody write: 1, 0 or a negative errno. */
int ks_trust_is_read_only(int fd);

/* A file that passed, open. Nothing in it means anything before: to clear it is to touch a page for nothing. */
struct ks_trusted {
	int fd; /* O_RDONLY | O_CLOEXEC, the caller closes it */
	struct stat status;
	char path[PATH_MAX]; /* the real path, every link resolved */
};

/*
 * Opens the regular file at the absolute `path`: walks from "/" one component at a time without ever following a link
 * in the kernel, and checks each directory, each link and the end. Never blocks: a FIFO, device or socket is refused
 * at once.
 * Returns 0 and *ret_trusted; else a negative errno and *problem, whose reason begins with the component it is about:
 * -ENOENT where one does not exist (result KS_MISCONFIGURED), -ELOOP for too many links or a dangling one, -ENOTDIR
 * and -EINVAL for the wrong type, -EPERM for a breach of the rule, -EACCES (KS_DENIED) for no permission.
 */
int ks_trust_open(const char *path, unsigned flags, struct ks_trusted *ret_trusted, struct ks_problem *problem);

/*
 * Opens a file with a secret under the rule `trust` (enum ks_trust of provider.h). `path` is absolute. Returns 0 and
 * *ret_fd; -ENOENT absent (not for a dangling link: that is -EPERM), -EACCES no permission, -EPERM a breach, and
 * other negative errnos, each with a reason of one phrase in *problem and the result it means: KS_NOT_CONFIGURED,
 * KS_DENIED, KS_INVALID, KS_ERROR.
 */
int ks_private_open(const char *path, int trust, int *ret_fd, struct ks_problem *problem);

#endif
