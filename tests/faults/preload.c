/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into the command under test: fails one allocation, or all of them from one on, and reports what is left
 * at the end. It never allocates, and takes its own variables out of the environment.
 *
 * KEYSTILE_FAULT is the number of the allocation to fail, counted from 1, with a + behind it for all that follow too;
 * KEYSTILE_FAULT_REPORT the descriptor of a file of REPORT_SIZE bytes, to which these lines are written:
 *
 *	allocations 57          how many there were
 *	failed 1                how many of them failed
 *	descriptor 5            is open, and was not at the start
 *	secrets 1               how often MARK stands in the mappings that the command made
 *	block 32 env.so+0x1a2b  was not freed; of that size, allocated there
 *	unwiped 1               how many blocks were freed with MARK in them
 *	end exit                or exec: by execve(2)
 *
 * What a block held is overwritten when it is freed, what it will hold before it is handed out, and realloc(3) always
 * moves it: a pointer into memory that is gone finds rubbish. Freeing what is not allocated aborts.
 */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MARK "CANARY"

enum {
	REPORT_SIZE = 64 * 1024,
	BLOCKS_MAX = 32 * 1024, /* of OpenSSL's alone there are thousands */
	MAPPINGS_MAX = 64,
	DESCRIPTORS = 64,
	FRESH = 0xa5,
	STALE = 0x5a
};

/* The allocator below this one (glibc's). */
extern void *libc_malloc(size_t size) __asm__("__libc_malloc");
extern void *libc_memalign(size_t alignment, size_t size) __asm__("__libc_memalign");
extern void libc_free(void *start) __asm__("__libc_free");

struct block {
	unsigned char *start;
	size_t size;
	const void *caller;
};

struct mapping {
	unsigned char *start;
	size_t size;
};

static struct block blocks[BLOCKS_MAX];
static size_t block_count;
static struct mapping mappings[MAPPINGS_MAX];
static size_t mapping_count;

static unsigned long allocations, failures, unwiped, first_to_fail;
static bool is_lasting;
static bool was_open[DESCRIPTORS];

static char *report;
static size_t report_length;

static void relent(void)
{
	first_to_fail = 0;
}

/* What lasts ends with main(): the end of a library (GnuTLS) may be one of the process, without memory. */
static bool must_fail(void)
{
	allocations++;
	if (is_lasting && allocations == first_to_fail)
		(void)atexit(relent);
	if (first_to_fail == 0 || allocations < first_to_fail || (allocations > first_to_fail && !is_lasting))
		return false;
	failures++;
	errno = ENOMEM;
	return true;
}

static void *keep(void *start, size_t size, const void *caller)
{
	if (!start)
		return NULL;
	if (block_count == BLOCKS_MAX)
		abort();
	blocks[block_count++] = (struct block){.start = start, .size = size, .caller = caller};
	return memset(start, FRESH, size);
}

static struct block *find(const void *start)
{
	for (size_t i = block_count; i > 0; i--)
		if (blocks[i - 1].start == start)
			return &blocks[i - 1];
	abort();
}

static void drop(void *start)
{
	struct block *block = find(start);

	if (memmem(start, block->size, MARK, sizeof(MARK) - 1))
		unwiped++;
	memset(start, STALE, block->size);
	*block = blocks[--block_count];
	libc_free(start);
}

static void *allocate(size_t size, const void *caller)
{
	return must_fail() ? NULL : keep(libc_malloc(size), size, caller);
}

static void *align(size_t alignment, size_t size, const void *caller)
{
	return must_fail() ? NULL : keep(libc_memalign(alignment, size), size, caller);
}

static void *reallocate(void *start, size_t size, const void *caller)
{
	void *moved = NULL;

	if (start && size == 0) {
		drop(start);
		return NULL;
	}
	moved = allocate(size, caller);
	if (moved && start) {
		memcpy(moved, start, find(start)->size < size ? find(start)->size : size);
		drop(start);
	}
	return moved;
}

/* The parameters are called as in the C library's headers. */
void *malloc(size_t size)
{
	return allocate(size, __builtin_return_address(0));
}

void *calloc(size_t nmemb, size_t size)
{
	void *start = NULL;

	if (__builtin_mul_overflow(nmemb, size, &size)) {
		errno = ENOMEM;
		return NULL;
	}
	start = allocate(size, __builtin_return_address(0));
	return start ? memset(start, 0, size) : NULL;
}

void *realloc(void *ptr, size_t size)
{
	return reallocate(ptr, size, __builtin_return_address(0));
}

void *reallocarray(void *ptr, size_t nmemb, size_t size)
{
	if (__builtin_mul_overflow(nmemb, size, &size)) {
		errno = ENOMEM;
		return NULL;
	}
	return reallocate(ptr, size, __builtin_return_address(0));
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return align(alignment, size, __builtin_return_address(0));
}

int posix_memalign(void **memptr, size_t alignment, size_t size)
{
	void *start = align(alignment, size, __builtin_return_address(0));

	if (!start)
		return ENOMEM;
	*memptr = start;
	return 0;
}

char *strdup(const char *s)
{
	const size_t size = strlen(s) + 1;
	char *copy = allocate(size, __builtin_return_address(0));

	return copy ? memcpy(copy, s, size) : NULL;
}

void free(void *ptr)
{
	const int error = errno;

	if (ptr)
		drop(ptr);
	errno = error;
}

static void *map(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	const long result = syscall(SYS_mmap, addr, len, (long)prot, (long)flags, (long)fd, offset);
	void *start = NULL;

	memcpy(&start, &result, sizeof(start));
	return start;
}

/* Secret memory is made of mappings: at the end, nothing may be left in them. Stacks have guards nobody can read. */
void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	void *start = map(addr, len, prot, flags, fd, offset);

	if (start == MAP_FAILED || !(prot & PROT_WRITE) || (flags & MAP_STACK))
		return start;
	if (mapping_count == MAPPINGS_MAX)
		abort();
	mappings[mapping_count++] = (struct mapping){.start = start, .size = len};
	return start;
}

int munmap(void *addr, size_t len)
{
	if (syscall(SYS_munmap, addr, len) < 0)
		return -1;
	for (size_t i = 0; i < mapping_count; i++) {
		if (mappings[i].start == addr) {
			mappings[i] = mappings[--mapping_count];
			break;
		}
	}
	return 0;
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	const size_t room = REPORT_SIZE - report_length;
	va_list arguments;
	int length = 0;

	va_start(arguments, format);
	length = vsnprintf(report + report_length, room, format, arguments);
	va_end(arguments);
	if (length > 0 && (size_t)length < room)
		report_length += (size_t)length;
}

/* In one system call, and one that the command itself never makes. */
static void look_at_descriptors(bool is_open[DESCRIPTORS])
{
	const struct timespec at_once = {0};
	struct pollfd polled[DESCRIPTORS];

	for (int fd = 0; fd < DESCRIPTORS; fd++)
		polled[fd] = (struct pollfd){.fd = fd};
	(void)syscall(SYS_ppoll, polled, (long)DESCRIPTORS, &at_once, NULL, 0L);
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		is_open[fd] = !(polled[fd].revents & POLLNVAL);
}

static unsigned count_secrets(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < mapping_count; i++) {
		const unsigned char *at = mappings[i].start, *const end = at + mappings[i].size;

		while ((at = memmem(at, (size_t)(end - at), MARK, sizeof(MARK) - 1))) {
			at += sizeof(MARK) - 1;
			count++;
		}
	}
	return count;
}

static void tell_block(const struct block *block)
{
	Dl_info info = {0};
	const char *slash = NULL;

	if (!dladdr(block->caller, &info) || !info.dli_fname) {
		tell("block %zu unknown\n", block->size);
		return;
	}
	slash = strrchr(info.dli_fname, '/');
	tell("block %zu %s+%#tx\n", block->size, slash ? slash + 1 : info.dli_fname,
		(const char *)block->caller - (const char *)info.dli_fbase);
}

static void write_report(const char *end)
{
	bool is_open[DESCRIPTORS];

	if (!report)
		return;
	for (int i = 0; i < 2; i++)
		(void)dlerror(); /* keeps its text until then */
	report_length = 0;
	look_at_descriptors(is_open);
	tell("allocations %lu\nfailed %lu\nunwiped %lu\nsecrets %u\n", allocations, failures, unwiped,
		count_secrets());
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		if (is_open[fd] && !was_open[fd])
			tell("descriptor %d\n", fd);
	for (size_t i = 0; i < block_count; i++)
		tell_block(&blocks[i]);
	tell("end %s\n", end);
}

/* What a successful exec leaves behind is to be told before; where it fails, the end is told once more. */
int execve(const char *path, char *const argv[], char *const envp[])
{
	write_report("exec");
	return (int)syscall(SYS_execve, path, argv, envp);
}

__attribute__((constructor)) static void start(void)
{
	const char *fault = getenv("KEYSTILE_FAULT"), *descriptor = getenv("KEYSTILE_FAULT_REPORT");
	char *end = NULL;

	look_at_descriptors(was_open);
	if (descriptor)
		report = map(
			NULL, REPORT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, (int)strtol(descriptor, NULL, 10), 0);
	if (!report || report == MAP_FAILED)
		abort();
	if (fault) {
		first_to_fail = strtoul(fault, &end, 10);
		is_lasting = *end == '+';
	}
	(void)unsetenv("KEYSTILE_FAULT");
	(void)unsetenv("KEYSTILE_FAULT_REPORT");
	(void)unsetenv("LD_PRELOAD");
	allocations = 0;
}

__attribute__((destructor)) static void finish(void)
{
	write_report("exit");
}
