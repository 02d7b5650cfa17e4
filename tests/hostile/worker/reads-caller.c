/* SPDX-License-Identifier: MIT */
/* Looks into its caller and its supervisor. */
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tale.h"

static void look_into(struct tale *tale, pid_t pid)
{
	char byte = 0, path[64];
	const struct iovec mine = {&byte, 1};
	const struct iovec its = {(void *)answer_with, 1};
	long fd = -1;

	tell(tale, "ptrace", ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	tell(tale, "readv", process_vm_readv(pid, &mine, 1, &its, 1, 0));
	tell(tale, "writev", process_vm_writev(pid, &mine, 1, &its, 1, 0));
	for (unsigned i = 0; i < 3; i++) {
		static const char *const files[] = {"mem", "environ", "fd"};

		(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
		tell(tale, files[i], open(path, O_RDONLY | O_CLOEXEC));
	}
	fd = syscall(SYS_pidfd_open, pid, 0);
	tell(tale, "pidfd", fd);
	tell(tale, "getfd", syscall(SYS_pidfd_getfd, (int)fd, 0, 0));
}

static int answer(const struct ks_host *host)
{
	struct tale tale = {0};

	look_into(&tale, caller_of(host));
	look_into(&tale, getppid());
	return answer_with(host, &tale);
}

HOSTILE_WITH(0, KS_NONE, OF_CALLER, answer)
