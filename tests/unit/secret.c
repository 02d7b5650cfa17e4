/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/secret.h"

enum {
	POOLED = 32 * 1024, /* the largest block of the pool; two do not fit one region */
	LARGE = POOLED + 1,
	CHILD_SECONDS = 20, /* after which a child that hangs is killed */
	ROUNDS = 3000,
	FORKS = 40,
	NOBODY = 65534
};

static bool is_filled(const unsigned char *block, size_t size, unsigned char byte)
{
	size_t at;

	for (at = 0; at < size; at++)
		if (block[at] != byte)
			return false;
	return true;
}

/* Whether the kernel's flags for the mapping around `block` (proc(5), smaps) have this one; -1 for no mapping. */
static int vm_flag(const void *block, const char *flag)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	unsigned long start, end;
	bool inside = false;
	char line[1024];
	int found = -1;

	if (!file)
		return -1;
	while (found < 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = (uintptr_t)block >= start && (uintptr_t)block < end;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			found = strstr(line + 8, flag) != NULL;
	}
	(void)fclose(file);
	return found;
}

static bool is_mapped(const void *block)
{
	return vm_flag(block, "") == 1;
}

/* Runs `body` in a child. Returns its wait status. */
static int in_child(int (*body)(void *), void *data)
{
	int status = -1;
	const pid_t pid = fork();

	if (pid == 0) {
		(void)alarm(CHILD_SECONDS);
		_exit(body(data));
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void gives_zeroed_aligned_blocks(void **state)
{
	static const size_t sizes[] = {0, 1, 63, 64, 65, 4096, POOLED, LARGE, KS_SECRET_BLOCK_MAX};
	const size_t count = COUNT(sizes);
	unsigned char *blocks[COUNT(sizes)];
	size_t at, total = 0;

	(void)state;
	for (at = 0; at < count; at++) {
		blocks[at] = ks_secret_alloc(sizes[at]);
		assert_non_null(blocks[at]);
		assert_int_equal((uintptr_t)blocks[at] % _Alignof(max_align_t), 0);
		assert_true(is_filled(blocks[at], sizes[at], 0));
		memset(blocks[at], (int)at + 1, sizes[at]);
		total += sizes[at];
	}
	assert_true(ks_secret_in_use() >= total);
	for (at = 0; at < count; at++) {
		assert_true(is_filled(blocks[at], sizes[at], (unsigned char)(at + 1)));
		assert_null(ks_secret_free(blocks[at]));
	}
	assert_int_equal(ks_secret_in_use(), 0);
}

static void refuses_too_large_blocks(void **state)
{
	(void)state;
	assert_null(ks_secret_alloc(KS_SECRET_BLOCK_MAX + 1));
	assert_null(ks_secret_alloc(SIZE_MAX));
	assert_null(ks_secret_free(NULL));
	assert_int_equal(ks_secret_in_use(), 0);
}

static void wipes_on_free(void **state)
{
	const size_t size = 1000;
	unsigned char *first = ks_secret_alloc(size), *second;

	(void)state;
	assert_non_null(first);
	memset(first, 0x5a, size);
	(void)ks_secret_free(first);
	second = ks_secret_alloc(size + 24);
	assert_ptr_equal(second, first);
	assert_true(is_filled(second, size + 24, 0));
	(void)ks_secret_free(second);
}

static void wipes_memory(void **state)
{
	char text[] = "canary";

	(void)state;
	ks_wipe(text, 3);
	assert_memory_equal(text, "\0\0\0ary", sizeof(text));
	ks_wipe(NULL, 0);
}

static void joins_free_neighbours(void **state)
{
	const size_t joined_size = 1280; /* what ten blocks of 100 bytes take up */
	unsigned char *blocks[64], *joined;
	size_t at;

	(void)state;
	for (at = 0; at < 64; at++) {
		blocks[at] = ks_secret_alloc(100);
		assert_non_null(blocks[at]);
	}
	for (at = 10; at < 20; at++)
		(void)ks_secret_free(blocks[at]);
	joined = ks_secret_alloc(joined_size);
	assert_ptr_equal(joined, blocks[10]);
	memset(joined, 0xff, joined_size);
	assert_true(is_filled(blocks[9], 100, 0));
	assert_true(is_filled(blocks[20], 100, 0));
	(void)ks_secret_free(joined);
	for (at = 0; at < 64; at++)
		if (at < 10 || at >= 20)
			(void)ks_secret_free(blocks[at]);
	assert_int_equal(ks_secret_in_use(), 0);
}

static void keeps_one_region_and_returns_the_rest(void **state)
{
	void *blocks[4], *large = ks_secret_alloc(LARGE);
	int at, mapped = 0;

	(void)state;
	assert_true(is_mapped(large));
	for (at = 0; at < 4; at++) {
		blocks[at] = ks_secret_alloc(POOLED);
		assert_true(is_mapped(blocks[at]));
	}
	for (at = 0; at < 4; at++)
		(void)ks_secret_free(blocks[at]);
	for (at = 0; at < 4; at++)
		mapped += is_mapped(blocks[at]);
	assert_int_equal(mapped, 1);
	(void)ks_secret_free(large);
	assert_false(is_mapped(large));
}

/* Whether this process can lock `size` bytes more: by what the kernel then says, as sanitizers swallow mlock(2). */
static bool may_lock(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool may;

	assert_true(memory != MAP_FAILED);
	may = mlock(memory, size) == 0 && vm_flag(memory, " lo") == 1;
	(void)munmap(memory, size);
	return may;
}

static void keeps_blocks_out_of_dumps_swap_and_children(void **state)
{
	const bool lockable = may_lock((size_t)16 * POOLED);
	void *const blocks[] = {ks_secret_alloc(32), ks_secret_alloc(LARGE)};
	int at;

	(void)state;
	for (at = 0; at < 2; at++) {
		assert_int_equal(vm_flag(blocks[at], " dd"), 1);
		assert_int_equal(vm_flag(blocks[at], " wf"), 1);
		if (lockable)
			assert_int_equal(vm_flag(blocks[at], " lo"), 1);
		(void)ks_secret_free(blocks[at]);
	}
}

static int use_unlocked(void *data)
{
	const struct rlimit none = {0, 0};
	unsigned char *small, *large;
	int r;

	(void)data;
	if (setrlimit(RLIMIT_MEMLOCK, &none) < 0 || (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return 2;
	small = ks_secret_alloc(100);
	large = ks_secret_alloc(LARGE);
	if (!small || !large)
		return 3;
	memset(small, 1, 100);
	memset(large, 2, LARGE);
	r = may_lock(4096) ? 4 : 0;
	(void)ks_secret_free(small);
	(void)ks_secret_free(large);
	return ks_secret_in_use() == 0 ? r : 5;
}

static void does_without_a_lock(void **state)
{
	(void)state;
	assert_int_equal(in_child(use_unlocked, NULL), 0);
}

/* In this mode the kernel kills for any system call but read, write and exit. */
static int use_warm_pool(void *data)
{
	void *block = ks_secret_alloc(1000), *other = ks_secret_alloc(20000);
	bool good = true;
	int at;

	(void)data;
	(void)ks_secret_free(block);
	(void)ks_secret_free(other);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0)
		return 2;
	for (at = 0; at < 100 && good; at++) {
		block = ks_secret_alloc(1000);
		other = ks_secret_alloc(20000);
		good = block && other;
		(void)ks_secret_free(block);
		(void)ks_secret_free(other);
	}
	return (int)syscall(SYS_exit, good ? 0 : 3);
}

static void makes_no_system_call_when_warm(void **state)
{
	(void)state;
	assert_int_equal(in_child(use_warm_pool, NULL), 0);
}

struct inherited {
	unsigned char *small, *large;
};

static int use_after_fork(void *data)
{
	const struct inherited *const inherited = data;
	unsigned char *own;

	if (!is_filled(inherited->small, 100, 0) || !is_filled(inherited->large, LARGE, 0))
		return 2;
	if (ks_secret_in_use() != 0)
		return 3;
	own = ks_secret_alloc(100);
	if (!own || own == inherited->small)
		return 4;
	memset(own, 1, 100);
	(void)ks_secret_free(inherited->small);
	(void)ks_secret_free(inherited->large);
	if (!is_filled(own, 100, 1))
		return 5;
	(void)ks_secret_free(own);
	return ks_secret_in_use() == 0 ? 0 : 6;
}

static void hands_nothing_to_a_child(void **state)
{
	struct inherited inherited = {ks_secret_alloc(100), ks_secret_alloc(LARGE)};

	(void)state;
	memset(inherited.small, 0x5a, 100);
	memset(inherited.large, 0x5a, LARGE);
	assert_int_equal(in_child(use_after_fork, &inherited), 0);
	assert_true(is_filled(inherited.small, 100, 0x5a));
	assert_true(is_filled(inherited.large, LARGE, 0x5a));
	(void)ks_secret_free(inherited.small);
	(void)ks_secret_free(inherited.large);
}

static int free_twice(void *data)
{
	void *keep = ks_secret_alloc(100), *block = ks_secret_alloc(100);

	(void)data;
	(void)ks_secret_free(block);
	(void)ks_secret_free(block);
	return keep ? 0 : 2;
}

static void aborts_on_a_double_free(void **state)
{
	int status;

	(void)state;
	status = in_child(free_twice, NULL);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static bool churn_once(unsigned round, unsigned char byte)
{
	const size_t sizes[3] = {round % 500, byte * (size_t)100, round % 300 == 0 ? LARGE : 64};
	unsigned char *blocks[3];
	bool good = true;
	int at;

	for (at = 0; at < 3; at++) {
		blocks[at] = ks_secret_alloc(sizes[at]);
		good = good && blocks[at] && is_filled(blocks[at], sizes[at], 0);
		if (blocks[at])
			memset(blocks[at], byte, sizes[at]);
	}
	for (at = 0; at < 3; at++) {
		good = good && is_filled(blocks[at], sizes[at], byte);
		(void)ks_secret_free(blocks[at]);
	}
	return good;
}

static void *churn(void *data)
{
	const unsigned char byte = *(const unsigned char *)data;
	bool good = true;

	for (unsigned round = 0; round < ROUNDS && good; round++)
		good = churn_once(round, byte);
	return good ? data : NULL;
}

static void serves_threads(void **state)
{
	static unsigned char bytes[4] = {1, 2, 3, 4};
	pthread_t threads[4];
	void *value = NULL;
	int at;

	(void)state;
	for (at = 0; at < 4; at++)
		assert_int_equal(pthread_create(&threads[at], NULL, churn, &bytes[at]), 0);
	for (at = 0; at < 4; at++) {
		assert_int_equal(pthread_join(threads[at], &value), 0);
		assert_ptr_equal(value, &bytes[at]);
	}
	assert_int_equal(ks_secret_in_use(), 0);
}

static int alloc_and_free(void *data)
{
	void *block = ks_secret_alloc(100);

	(void)data;
	(void)ks_secret_free(block);
	return block ? 0 : 2;
}

static void *churn_until_over(void *data)
{
	atomic_bool *is_over = data;
	bool good = true;

	for (unsigned round = 0; !*is_over && good; round++)
		good = churn_once(round, 9);
	return good ? data : NULL;
}

/* The thread outlasts the children: each is to be forked while it may be in the pool. */
static void does_not_lock_up_a_child_of_threads(void **state)
{
	static atomic_bool is_over; /* a failed fork leaves the thread behind */
	pthread_t thread;
	void *value = NULL;
	int at, failures = 0;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, churn_until_over, &is_over), 0);
	for (at = 0; at < FORKS; at++)
		failures += in_child(alloc_and_free, NULL) != 0;
	is_over = true;
	assert_int_equal(pthread_join(thread, &value), 0);
	assert_ptr_equal(value, &is_over);
	assert_int_equal(failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_aligned_blocks),
		cmocka_unit_test(refuses_too_large_blocks),
		cmocka_unit_test(wipes_on_free),
		cmocka_unit_test(wipes_memory),
		cmocka_unit_test(joins_free_neighbours),
		cmocka_unit_test(keeps_one_region_and_returns_the_rest),
		cmocka_unit_test(keeps_blocks_out_of_dumps_swap_and_children),
		cmocka_unit_test(does_without_a_lock),
		cmocka_unit_test(hands_nothing_to_a_child),
		cmocka_unit_test(aborts_on_a_double_free),
		cmocka_unit_test(serves_threads),
		cmocka_unit_test(does_not_lock_up_a_child_of_threads),
		/* the last: valgrind makes calls of its own, and ThreadSanitizer has a thread that stays */
		cmocka_unit_test(makes_no_system_call_when_warm),
	};
	size_t count = UNDER_VALGRIND || WITH_TSAN ? COUNT(tests) - 1 : COUNT(tests);

	return _cmocka_run_group_tests("secret", tests, count, NULL, NULL);
}
