/* SPDX-License-Identifier: MIT */
/*
 * Which file is behind an address. As root also on overlayfs, where stat(2) and the kernel's table call one file by
 * two names on some kernels, and on two file systems.
 */
#include "core/mapping.h"

#include "mounts.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PAGE = 4096,
	OF_ROOT = 2, /* tests, the last ones */
	LINES = 300  /* mappings, so that the table takes more than one read(2) */
};

static char folder[] = "/tmp/keystile-mapping-XXXXXX";

/* A new file of one page in the current folder, mapped; *ret_fd is open. */
static void *map_file(const char *name, int *ret_fd)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	void *address = NULL;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, PAGE), 0);
	address = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(address, MAP_FAILED);
	*ret_fd = fd;
	return address;
}

static void test_tells_files_apart(void **state)
{
	int first = -1, second = -1;
	char *a = map_file("first", &first), *b = map_file("second", &second);

	(void)state;
	assert_int_equal(ks_mapping_is_file(a, first), 1);
	assert_int_equal(ks_mapping_is_file(a + PAGE - 1, first), 1);
	assert_int_equal(ks_mapping_is_file(b, second), 1);
	assert_int_equal(ks_mapping_is_file(a, second), 0);
	assert_int_equal(ks_mapping_is_file(b, first), 0);
	assert_int_equal(munmap(a, PAGE), 0);
	assert_int_equal(ks_mapping_is_file(a, first), 0);
	assert_int_equal(munmap(b, PAGE), 0);
	(void)close(first);
	(void)close(second);
}

static void test_knows_a_file_that_was_renamed_over(void **state)
{
	int old = -1, new = -1;
	void *a = map_file("module", &old), *b = map_file("newer", &new);

	(void)state;
	assert_int_equal(rename("newer", "module"), 0);
	assert_int_equal(ks_mapping_is_file(a, new), 0);
	assert_int_equal(ks_mapping_is_file(a, old), 1);
	assert_int_equal(munmap(a, PAGE), 0);
	assert_int_equal(munmap(b, PAGE), 0);
	(void)close(old);
	(void)close(new);
}

static void test_memory_of_no_file_is_none(void **state)
{
	int fd = -1, local = 0;
	void *address = map_file("file", &fd);

	(void)state;
	assert_int_equal(ks_mapping_is_file(&local, fd), 0);
	assert_int_equal(ks_mapping_is_file(NULL, fd), 0);
	assert_int_equal(munmap(address, PAGE), 0);
	(void)close(fd);
	assert_int_equal(ks_mapping_is_file(address, fd), -EBADF);
}

/* Names with blanks and line ends (which the kernel writes as \012), and a table of many pages. */
static void test_reads_all_of_a_long_table(void **state)
{
	void *addresses[LINES];
	int fds[LINES];
	char name[240];

	(void)state;
	for (int i = 0; i < LINES; i++) {
		memset(name, 'x', sizeof(name));
		(void)snprintf(name + sizeof(name) - 20, 20, " 1-2\n7 (%d)", i);
		addresses[i] = map_file(name, &fds[i]);
		assert_int_equal(unlink(name), 0);
	}
	for (int i = 0; i < LINES; i++) {
		assert_int_equal(ks_mapping_is_file(addresses[i], fds[i]), 1);
		assert_int_equal(ks_mapping_is_file(addresses[i], fds[LINES - 1 - i]), LINES - 1 - i == i);
	}
	for (int i = 0; i < LINES; i++) {
		assert_int_equal(munmap(addresses[i], PAGE), 0);
		(void)close(fds[i]);
	}
}

/* Goes into an overlay. Returns 0, or the step that failed. */
static int enter_overlay(void)
{
	static const char *const names[] = {"lower", "upper", "work", "merged"};

	if (!enter_own_mounts() || mount("none", folder, "tmpfs", 0, NULL) < 0 || chdir(folder) < 0)
		return 1;
	for (size_t i = 0; i < COUNT(names); i++)
		if (mkdir(names[i], 0755) < 0)
			return 2;
	if (mount("none", "merged", "overlay", 0, "lowerdir=lower,upperdir=upper,workdir=work") < 0)
		return 3;
	return chdir("merged") < 0 ? 4 : 0;
}

static int look_on_overlay(void)
{
	int first = -1, second = -1, r = enter_overlay();
	void *a = NULL, *b = NULL;

	if (r != 0)
		return r;
	a = map_file("first", &first);
	b = map_file("second", &second);
	if (ks_mapping_is_file(a, first) != 1 || ks_mapping_is_file(b, second) != 1)
		return 5;
	return ks_mapping_is_file(a, second) != 0 || ks_mapping_is_file(b, first) != 0 ? 6 : 0;
}

/* Two new file systems give their first files the same number. */
static int look_on_two_file_systems(void)
{
	static const char *const names[] = {"one", "other"};
	struct stat status[COUNT(names)];
	void *addresses[COUNT(names)];
	int fds[COUNT(names)];

	if (!enter_own_mounts() || mount("none", folder, "tmpfs", 0, NULL) < 0)
		return 1;
	for (size_t i = 0; i < COUNT(names); i++) {
		if (chdir(folder) < 0 || mkdir(names[i], 0755) < 0 || mount("none", names[i], "tmpfs", 0, NULL) < 0 ||
			chdir(names[i]) < 0)
			return 2;
		addresses[i] = map_file("file", &fds[i]);
		if (fstat(fds[i], &status[i]) < 0)
			return 3;
	}
	if (status[0].st_ino != status[1].st_ino)
		return 4;
	if (ks_mapping_is_file(addresses[0], fds[0]) != 1 || ks_mapping_is_file(addresses[1], fds[1]) != 1)
		return 5;
	return ks_mapping_is_file(addresses[0], fds[1]) != 0 || ks_mapping_is_file(addresses[1], fds[0]) != 0 ? 6 : 0;
}

static void run_in_child(int (*look)(void))
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		_exit(look());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_overlay(void **state)
{
	(void)state;
	run_in_child(look_on_overlay);
}

static void test_tells_file_systems_apart(void **state)
{
	(void)state;
	run_in_child(look_on_two_file_systems);
}

static int enter_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	static const char *const names[] = {"first", "second", "module", "file"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		(void)unlink(names[i]);
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tells_files_apart),
		cmocka_unit_test(test_knows_a_file_that_was_renamed_over),
		cmocka_unit_test(test_memory_of_no_file_is_none),
		cmocka_unit_test(test_reads_all_of_a_long_table),
		/* as root alone: */
		cmocka_unit_test(test_overlay),
		cmocka_unit_test(test_tells_file_systems_apart),
	};
	size_t count = geteuid() == 0 ? COUNT(tests) : COUNT(tests) - OF_ROOT;

	return _cmocka_run_group_tests("mapping", tests, count, enter_folder, leave_folder);
}
