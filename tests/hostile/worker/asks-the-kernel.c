/* SPDX-License-Identifier: MIT */
/* Tries what the kernel does for others, or by code that it is given. */
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tale.h"

static int answer(const struct ks_host *host)
{
	struct tale tale = {0};

	tell(&tale, "bpf", syscall(SYS_bpf, 0, NULL, 0));
	tell(&tale, "io_uring", syscall(SYS_io_uring_setup, 1, NULL));
	tell(&tale, "keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 0));
	tell(&tale, "userfaultfd", syscall(SYS_userfaultfd, O_CLOEXEC));
	tell(&tale, "perf", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
	tell(&tale, "handle", syscall(SYS_open_by_handle_at, AT_FDCWD, NULL, O_RDONLY));
	tell(&tale, "shm", syscall(SYS_shmget, 0, 4096, 01600));
	tell(&tale, "queue", syscall(SYS_msgget, 0, 01600));
	tell(&tale, "unknown", syscall(9999));
	return answer_with(host, &tale);
}

HOSTILE_ANSWER(answer)
