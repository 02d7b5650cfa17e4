/* SPDX-License-Identifier: MIT */
#include "core/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A line of proc_pid_maps(5): who is mapped there. */
struct file_identity {
	bool found;
	unsigned major, minor;
	uint64_t inode;
};

static void match_line(const char *line, const void *address, struct file_identity *identity)
{
	uintptr_t start = 0, end = 0, wanted = (uintptr_t)address;
	struct file_identity read = {.found = true};

	if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*4s %*x %x:%x %" SCNu64, &start, &end, &read.major, &read.minor,
		    &read.inode) != 5)
		return;
	if (wanted >= start && wanted < end)
		*identity = read;
}

static int look_up(const void *a, const void *b, struct file_identity *ret_a, struct file_identity *ret_b)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	if (!maps)
		return -errno;
	while (getline(&line, &size, maps) > 0) {
		match_line(line, a, ret_a);
		match_line(line, b, ret_b);
	}
	if (ferror(maps))
		r = -EIO;
	free(line);
	(void)fclose(maps);
	return r;
}

int ks_mapping_is_file(const void *address, int fd)
{
	struct file_identity theirs = {0}, ours = {0};
	long page = sysconf(_SC_PAGESIZE);
	void *probe = mmap(NULL, (size_t)page, PROT_READ, MAP_PRIVATE, fd, 0);
	int r = 0;

	if (probe == MAP_FAILED)
		return -errno;
	r = look_up(address, probe, &theirs, &ours);
	(void)munmap(probe, (size_t)page);
	if (r < 0)
		return r;
	return theirs.found && ours.found && ours.inode != 0 && theirs.inode == ours.inode &&
	       theirs.major == ours.major && theirs.minor == ours.minor;
}
