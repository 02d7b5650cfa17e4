/* SPDX-License-Identifier: MIT */
/* Makes processes, by every system call that could. */
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tale.h"

/* What came of it, in the parent; where there is a child after all, it ends at once. */
static long without_child(long pid)
{
	if (pid == 0)
		_exit(0);
	return pid;
}

static int answer(const struct ks_host *host)
{
	struct clone_args arguments = {.exit_signal = SIGCHLD};
	struct tale tale = {0};

	tell(&tale, "fork", without_child(fork()));
	tell(&tale, "fork call", without_child(syscall(SYS_fork)));
	tell(&tale, "clone", without_child(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)));
	tell(&tale, "clone of a user namespace", without_child(syscall(SYS_clone, CLONE_NEWUSER, 0, 0, 0, 0)));
	tell(&tale, "clone3", without_child(syscall(SYS_clone3, &arguments, sizeof(arguments))));
	return answer_with(host, &tale);
}

HOSTILE_ANSWER(answer)
