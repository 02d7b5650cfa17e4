/* SPDX-License-Identifier: MIT */
/* Leaves the socket to a process of its own, which is to outlive it, and ends. */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/hostile/hostile.h"

enum {
	STAYS_S = 20
};

static int answer(const struct ks_host *host)
{
	(void)host;
	if (fork() == 0 || syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0) {
		(void)setsid();
		(void)sleep(STAYS_S);
		_exit(0);
	}
	_exit(3);
}

HOSTILE_ANSWER(answer)
