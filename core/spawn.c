/* SPDX-License-Identifier: MIT */
#include "core/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/process.h"

enum {
	STACK_SIZE = 64 * 1024,
	GUARD_SIZE = 64 * 1024 /* a multiple of the page, on any machine */
};

/*
 * For what runs in the children. They share the memory of the thread that waits for them, with all that is
 * thread-local: a sanitizer would take what they do for that thread's doing. For the same reason, and because the
 * library's wrappers look for a cancellation of that thread, they make system calls by syscall(2) alone.
 */
#if __has_attribute(disable_sanitizer_instrumentation)
#define IN_CHILD __attribute__((disable_sanitizer_instrumentation, no_sanitize("undefined")))
#else
#define IN_CHILD __attribute__((no_sanitize("address"), no_sanitize("thread"), no_sanitize("undefined")))
#endif

/* clone(2), by the name that ThreadSanitizer leaves alone: it takes each clone for a fork, with memory of its own. */
int clone_plainly(int (*function)(void *), void *stack, int flags, void *data, ...) __asm__("__clone");

struct stack {
	unsigned char guard[GUARD_SIZE];
	unsigned char bytes[STACK_SIZE];
};

/* One start, in a mapping of its own. */
struct start {
	struct stack of_parent, of_program;
	const char *path;
	char *arguments[2];
	char *const *environment;
	int socket;

	int r; /* what became of it: 0 or a negative errno */
	int pidfd;
	bool is_over; /* nobody runs on this memory any more */
};

static struct start *map_start(void)
{
	struct start *start =
		mmap(NULL, sizeof(*start), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (start == MAP_FAILED)
		return NULL;
	/* else a fork by another thread would keep it for good */
	(void)madvise(start, sizeof(*start), MADV_DONTFORK);
	if (mprotect(start->of_parent.guard, GUARD_SIZE, PROT_NONE) < 0 ||
		mprotect(start->of_program.guard, GUARD_SIZE, PROT_NONE) < 0) {
		(void)munmap(start, sizeof(*start));
		return NULL;
	}
	return start;
}

/* A handler of the application must not run in a child. By system call, as the library spares signals of its own. */
static uint64_t set_mask(uint64_t mask)
{
	uint64_t before = 0;

	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, &before, sizeof(mask));
	return before;
}

IN_CHILD static void reap(long pid)
{
	while (syscall(SYS_wait4, pid, NULL, __WALL, NULL) < 0 && errno == EINTR)
		;
}

/* The descriptors are the program's own by now. Returns 0, or -1 and errno. */
IN_CHILD static int arrange_descriptors(int socket)
{
	if (socket == KS_SPAWN_SOCKET) {
		if (syscall(SYS_fcntl, socket, F_SETFD, 0) < 0)
			return -1;
	} else if (syscall(SYS_dup3, socket, KS_SPAWN_SOCKET, 0) < 0) {
		return -1;
	}
	(void)syscall(SYS_close_range, KS_SPAWN_SOCKET + 1, UINT_MAX, 0);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)syscall(SYS_close, fd);
	/* each takes the first that is free; a chroot may have no /dev */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR) < 0 &&
			syscall(SYS_openat, AT_FDCWD, "/", O_PATH | O_DIRECTORY) < 0)
			return -1;
	return 0;
}

IN_CHILD static int run_program(void *data)
{
	struct start *start = data;

	if (arrange_descriptors(start->socket) == 0 && syscall(SYS_setsid) >= 0 && syscall(SYS_chdir, "/") == 0)
		(void)syscall(SYS_execve, start->path, start->arguments, start->environment);
	start->r = -errno;
	return 1;
}

/* A low number is one that the application closed, and may give to another file any time. Returns 0, or -1 and errno.
 */
IN_CHILD static int raise_pidfd(int *pidfd)
{
	const int low = *pidfd;
	long high = -1;

	if (low > STDERR_FILENO)
		return 0;
	high = syscall(SYS_fcntl, low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (high < 0)
		return -1;
	*pidfd = (int)high;
	(void)syscall(SYS_close, low);
	return 0;
}

/* The program's parent, for as long as it takes. It shares the application's descriptors, so the pidfd is there. */
IN_CHILD static int start_program(void *data)
{
	struct start *start = data;
	const long pid = clone_plainly(run_program, start->of_program.bytes + STACK_SIZE,
		CLONE_VM | CLONE_VFORK | CLONE_PIDFD, start, &start->pidfd);

	/* where clone failed, the number that it may have written is not ours */
	if (pid < 0 || (start->r == 0 && raise_pidfd(&start->pidfd) < 0))
		start->r = -errno;
	if (pid > 0 && start->r < 0) {
		(void)syscall(SYS_pidfd_send_signal, start->pidfd, SIGKILL, NULL, 0);
		reap(pid);
		(void)syscall(SYS_close, start->pidfd);
	}
	start->is_over = true;
	return 0;
}

int ks_spawn(const char *path, char *const environment[], int socket, int *ret_pidfd)
{
	const char *slash = strrchr(path, '/');
	const int error = errno;
	struct start *start = map_start();
	uint64_t mask = 0;
	long pid = -1;
	int r = -ENOMEM;

	if (!start)
		goto out;
	start->path = path;
	start->arguments[0] = (char *)(slash ? slash + 1 : path);
	start->environment = environment;
	start->socket = socket;
	mask = set_mask(UINT64_MAX);
	pid = clone_plainly(
		start_program, start->of_parent.bytes + STACK_SIZE, CLONE_VM | CLONE_VFORK | CLONE_FILES, start);
	r = pid < 0 ? -errno : -ECANCELED;
	if (pid > 0)
		reap(pid);
	(void)set_mask(mask);
	/* a program that lost its parent to a SIGKILL may still be on its way, and on this memory */
	if (pid > 0 && !start->is_over)
		goto out;
	if (pid > 0)
		r = start->r;
	if (r == 0)
		*ret_pidfd = start->pidfd;
	(void)munmap(start, sizeof(*start));
out:
	errno = error;
	return r;
}

int ks_spawn_wait(int pidfd, int64_t deadline)
{
	struct pollfd poller = {.fd = pidfd, .events = POLLIN};
	siginfo_t info;
	int64_t left = 0;
	int r = 0;

	do {
		left = deadline - ks_now_ms();
		left = left < 0 ? 0 : left > INT_MAX ? INT_MAX : left;
		r = poll(&poller, 1, (int)left);
	} while ((r < 0 && errno == EINTR) || (r == 0 && left > 0));
	if (r < 0)
		return -errno;
	if (r == 0)
		return -ETIMEDOUT;
	/* mostly it is another's child, and where not, the application may have been faster: ECHILD */
	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) < 0 && errno != ECHILD)
		return -errno;
	return 0;
}

void ks_spawn_kill(int pidfd)
{
	(void)pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
}
