/* SPDX-License-Identifier: MIT */
/*
 * Whose a file is, as a user namespace shows it.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "core/trust.h"

enum {
	OVERFLOW_UID_DEFAULT = 65534 /* the kernel's */
};

/* Whether a file of /proc is open: 1, 0 where this system does not have it, or a negative errno. */
static int open_proc(const char *path, FILE **ret_file)
{
	*ret_file = fopen(path, "re");
	if (*ret_file)
		return 1;
	return ks_is_of_path(-errno) ? 0 : -errno;
}

/* The uid that stands for every user without one in this user namespace. It is set at boot, so one look is enough. */
static int overflow_uid(uid_t *ret_uid)
{
	static _Atomic uid_t known;
	uid_t uid = atomic_load_explicit(&known, memory_order_relaxed);
	unsigned number = 0;
	FILE *file = NULL;
	int r = 0;

	if (uid == 0) {
		r = open_proc("/proc/sys/kernel/overflowuid", &file);
		uid = r > 0 && fscanf(file, "%u", &number) == 1 && number != 0 ? number : OVERFLOW_UID_DEFAULT;
		if (r > 0 && ferror(file))
			r = -EIO;
		if (file)
			(void)fclose(file);
		if (r < 0)
			return r;
		atomic_store_explicit(&known, uid, memory_order_relaxed);
	}
	*ret_uid = uid;
	return 0;
}

/* Whether a uid means somebody in this user namespace: 1, 0 or a negative errno. Without /proc 1, as outside one. */
static int is_mapped(uid_t uid)
{
	unsigned first = 0, count = 0;
	FILE *file = NULL;
	int r = open_proc("/proc/self/uid_map", &file);
	bool found = r == 0;

	if (r < 0)
		return r;
	while (!found && fscanf(file, "%u %*u %u", &first, &count) == 2)
		found = uid >= first && uid - first < count;
	if (file && ferror(file))
		r = -EIO;
	if (file)
		(void)fclose(file);
	return r < 0 ? r : found;
}

int ks_trust_root(uid_t owner, unsigned flags)
{
	uid_t overflow = 0;
	int r = 0;

	if (owner == 0 || !(flags & KS_TRUST_SYSTEM))
		return owner == 0;
	r = overflow_uid(&overflow);
	if (r < 0 || owner != overflow)
		return r;
	r = is_mapped(0);
	return r < 0 ? r : !r;
}

int ks_trust_owner(uid_t owner, unsigned flags)
{
	uid_t overflow = 0;
	int r = ks_trust_root(owner, flags);

	if (r != 0 || owner != geteuid())
		return r;
	r = overflow_uid(&overflow);
	if (r < 0)
		return r;
	return owner == overflow ? is_mapped(owner) : 1;
}
