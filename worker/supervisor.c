/* SPDX-License-Identifier: MIT */
#include "worker/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/frame.h"

static void tell_end(int socket, const siginfo_t *end)
{
	static unsigned char packet[KS_FRAME_MAX];
	static struct ks_frame frame;
	size_t length = 0;

	ks_frame_init(&frame, KS_FRAME_ENDED, 0);
	frame.numbers[KS_ENDED_BY_SIGNAL] = end->si_code != CLD_EXITED;
	frame.numbers[KS_ENDED_STATUS] = end->si_status;
	if (ks_frame_encode(&frame, packet, &length) == 0)
		(void)send(socket, packet, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Returns when it is time: the child has ended, or nobody is there for whom it would work. */
static void watch(int child, int caller, int socket)
{
	struct pollfd items[] = {
		{.fd = child, .events = POLLIN}, {.fd = caller, .events = POLLIN},
		{.fd = socket, .events = 0}, /* POLLHUP comes unasked; what is to be read is the child's */
	};
	int count = 0;

	do
		count = poll(items, sizeof(items) / sizeof(items[0]), -1);
	while (count < 0 && errno == EINTR);
}

void ks_supervise(pid_t child, int caller, int socket)
{
	int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	siginfo_t end = {0};

	/* without one, it is as if all had ended: better no module than one that nobody watches */
	if (pidfd >= 0)
		watch(pidfd, caller, socket);
	if (waitid(P_PID, (id_t)child, &end, WEXITED | WNOHANG) < 0 || end.si_pid == 0) {
		(void)kill(child, SIGKILL);
		while (waitid(P_PID, (id_t)child, &end, WEXITED) < 0 && errno == EINTR)
			;
	}
	tell_end(socket, &end);
}
