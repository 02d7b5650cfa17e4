/* SPDX-License-Identifier: MIT */
/*
 * Which file it is. Device and inode do not say that for long: the number of a file that went is given to the next
 * one at once. A handle (name_to_handle_at(2)) also holds the inode's generation.
 */
#ifndef KEYSTILE_CORE_IDENTITY_H
#define KEYSTILE_CORE_IDENTITY_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

struct ks_identity {
	dev_t device;
	ino_t inode;
	int handle_type;
	unsigned handle_size; /* 0 where the file system has no handles, or a filter of system calls is in the way */
	unsigned char handle[MAX_HANDLE_SZ];
};

/* Of an open file and its status. */
void ks_identity_read(int fd, const struct stat *status, struct ks_identity *ret_identity);

bool ks_identity_equal(const struct ks_identity *a, const struct ks_identity *b);

#endif
