/* SPDX-License-Identifier: MIT */
/* Runs a shell, in a process of its own and in its place. */
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tale.h"

static int answer(const struct ks_host *host)
{
	char name[] = "sh", option[] = "-c", command[] = "exit 0";
	char *words[] = {name, option, command, NULL};
	struct tale tale = {0};
	pid_t pid = -1;

	errno = posix_spawn(&pid, "/bin/sh", NULL, NULL, words, environ);
	tell(&tale, "posix_spawn", errno == 0 ? 0 : -1);
	tell(&tale, "execve", execve("/bin/sh", words, environ));
	tell(&tale, "execveat", syscall(SYS_execveat, -1, "/bin/sh", words, environ, 0));
	return answer_with(host, &tale);
}

HOSTILE_ANSWER(answer)
