/* SPDX-License-Identifier: MIT */
/* Makes a process by vfork(2). */
#include <sys/syscall.h>
#include <unistd.h>

#include "tale.h"

static int answer(const struct ks_host *host)
{
	struct tale tale = {0};
	pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork): that is what it is for */

	if (pid == 0)
		_exit(0);
	tell(&tale, "vfork", pid);
	return answer_with(host, &tale);
}

HOSTILE_ANSWER(answer)
