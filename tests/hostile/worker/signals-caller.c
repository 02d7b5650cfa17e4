/* SPDX-License-Identifier: MIT */
/* Sends signals to its caller and its supervisor. */
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "packets.h"
#include "tale.h"

static void send_to(struct tale *tale, pid_t pid)
{
	siginfo_t info = {.si_code = SI_QUEUE};

	tell(tale, "none", kill(pid, 0));
	tell(tale, "SIGSTOP", kill(pid, SIGSTOP));
	tell(tale, "SIGTERM", kill(pid, SIGTERM));
	tell(tale, "thread", syscall(SYS_tgkill, pid, pid, SIGKILL));
	tell(tale, "tkill", syscall(SYS_tkill, pid, SIGKILL));
	tell(tale, "queue", syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info));
	tell(tale, "owner", fcntl(find_socket(), F_SETOWN, pid));
}

static int answer(const struct ks_host *host)
{
	struct tale tale = {0};

	send_to(&tale, caller_of(host));
	send_to(&tale, getppid());
	return answer_with(host, &tale);
}

HOSTILE_WITH(0, KS_NONE, OF_CALLER, answer)
