/* SPDX-License-Identifier: MIT */
/*
 * A mount namespace of one's own, whose mounts nobody else sees.
 */
#ifndef KEYSTILE_TESTS_MOUNTS_H
#define KEYSTILE_TESTS_MOUNTS_H

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

/* Whether a mount made here would show elsewhere; true where that cannot be told. */
static bool has_shared_mounts(void)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[8192];
	bool found = !file;

	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, " shared:") != NULL;
	if (file)
		(void)fclose(file);
	return found;
}

/* In a chroot "/" may be no mount point (EINVAL): then every mount must be private already. */
static bool enter_own_mounts(void)
{
	if (unshare(CLONE_NEWNS) < 0)
		return false;
	if (mount(NULL, "/", "none", MS_REC | MS_PRIVATE, NULL) == 0)
		return true;
	return errno == EINVAL && !has_shared_mounts();
}

#endif
