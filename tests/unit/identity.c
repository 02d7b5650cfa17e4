/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/identity.h"

enum {
	FILES = 100 /* after which a file system does not use a number again so soon */
};

static char path[] = "/tmp/keystile-identity-XXXXXX";

/* Of a new file at `path`, in place of the one before. */
static void read_new(struct ks_identity *identity)
{
	struct stat status;
	int fd = -1;

	(void)unlink(path);
	fd = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	ks_identity_read(fd, &status, identity);
	assert_int_equal(close(fd), 0);
}

static void read_again(struct ks_identity *identity)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	ks_identity_read(fd, &status, identity);
	assert_int_equal(close(fd), 0);
}

static void knows_a_file_again(void **state)
{
	struct ks_identity first, again;

	(void)state;
	read_new(&first);
	assert_int_equal(chmod(path, 0640), 0);
	read_again(&again);
	assert_true(ks_identity_equal(&first, &again));
}

static void tells_files_of_one_number_apart(void **state)
{
	struct ks_identity first, next;

	(void)state;
	read_new(&first);
	for (unsigned i = 0; i < FILES; i++) {
		read_new(&next);
		/* where there are no handles (overlayfs), a number that is used again is all there is */
		if (next.handle_size > 0)
			assert_false(ks_identity_equal(&first, &next));
	}
}

/* As where the file system has no handles. */
static void compares_what_there_is(void **state)
{
	struct ks_identity first = {.device = 1, .inode = 2}, other = first;

	(void)state;
	assert_true(ks_identity_equal(&first, &other));
	other.inode = 3;
	assert_false(ks_identity_equal(&first, &other));
	other = (struct ks_identity){.device = 2, .inode = 2};
	assert_false(ks_identity_equal(&first, &other));
	other = (struct ks_identity){.device = 1, .inode = 2, .handle_size = 4};
	assert_false(ks_identity_equal(&first, &other));
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_a_file_again),
		cmocka_unit_test(tells_files_of_one_number_apart),
		cmocka_unit_test(compares_what_there_is),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
