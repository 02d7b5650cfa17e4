/* SPDX-License-Identifier: MIT */
#include "core/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
	READ_MAX = 4096, /* the kernel gives no more of the table in one go */
	DECIMAL = 10,
	HEXADECIMAL = 16
};

/* The table is read byte by byte: scanf(3) took longer over it than all the rest of a load. */
struct table {
	int fd;
	int error; /* 0, or the negative errno that ended it */
	size_t at, length;
	char bytes[READ_MAX];
};

/* A line of proc_pid_maps(5): who is mapped there. */
struct mapping {
	uint64_t start, end, major, minor, inode;
};

/* The next byte, or -1 at the end. */
static int next_byte(struct table *table)
{
	ssize_t got = 0;

	if (table->at == table->length) {
		do
			got = read(table->fd, table->bytes, sizeof(table->bytes));
		while (got < 0 && errno == EINTR);
		if (got <= 0) {
			table->error = got < 0 ? -errno : 0;
			return -1;
		}
		table->at = 0;
		table->length = (size_t)got;
	}
	return (unsigned char)table->bytes[table->at++];
}

static int digit_value(int byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + DECIMAL : HEXADECIMAL;
}

/* A number and the byte behind it, which is returned. */
static int next_number(struct table *table, unsigned base, uint64_t *ret_number)
{
	uint64_t number = 0;
	int byte = next_byte(table);

	for (; byte >= 0 && (unsigned)digit_value(byte) < base; byte = next_byte(table))
		number = number * base + (unsigned)digit_value(byte);
	*ret_number = number;
	return byte;
}

/* Goes behind the next `end`. False at the end of the table. */
static bool skip_to(struct table *table, int end)
{
	int byte = next_byte(table);

	while (byte >= 0 && byte != end)
		byte = next_byte(table);
	return byte >= 0;
}

/* "START-END MODE OFFSET MAJOR:MINOR INODE PATH": the numbers hexadecimal but for the last. False at the end. */
static bool next_mapping(struct table *table, struct mapping *ret_mapping)
{
	if (next_number(table, HEXADECIMAL, &ret_mapping->start) != '-' ||
		next_number(table, HEXADECIMAL, &ret_mapping->end) != ' ' || !skip_to(table, ' ') ||
		!skip_to(table, ' ') || next_number(table, HEXADECIMAL, &ret_mapping->major) != ':' ||
		next_number(table, HEXADECIMAL, &ret_mapping->minor) != ' ')
		return false;
	return next_number(table, DECIMAL, &ret_mapping->inode) == '\n' || skip_to(table, '\n');
}

/* Who is mapped at an address; all zeros where nobody is. */
static int look_up(const void *address, struct mapping *ret_mapping)
{
	struct table table = {.fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
	struct mapping mapping = {0};
	bool found = false;

	if (table.fd < 0)
		return -errno;
	while (!found && next_mapping(&table, &mapping))
		found = (uintptr_t)address >= mapping.start && (uintptr_t)address < mapping.end;
	(void)close(table.fd);
	if (!found && table.error < 0)
		return table.error;
	*ret_mapping = found ? mapping : (struct mapping){0};
	return 0;
}

static bool is_same(const struct mapping *mapping, uint64_t major, uint64_t minor, uint64_t inode)
{
	return inode != 0 && mapping->inode == inode && mapping->major == major && mapping->minor == minor;
}

/* The other name: what the table calls the file, which is found out by a mapping of our own. */
static int look_up_file(int fd, struct mapping *ret_mapping)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *probe = mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0);
	int r = 0;

	if (probe == MAP_FAILED)
		return -errno;
	r = look_up(probe, ret_mapping);
	(void)munmap(probe, page);
	return r;
}

int ks_mapping_is_file(const void *address, int fd)
{
	struct mapping theirs = {0}, ours = {0};
	struct stat status;
	int r = fstat(fd, &status) < 0 ? -errno : look_up(address, &theirs);

	if (r < 0)
		return r;
	if (is_same(&theirs, major(status.st_dev), minor(status.st_dev), status.st_ino))
		return 1;
	r = look_up_file(fd, &ours);
	return r < 0 ? r : is_same(&theirs, ours.major, ours.minor, ours.inode);
}
