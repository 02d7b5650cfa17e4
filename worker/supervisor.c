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
#include "core/problem.h"

enum {
	FIRST_SERIAL = 1 /* of the start, which every worker is sent before anything else */
};

static void say(int socket, const struct ks_frame *frame)
{
	static unsigned char packet[KS_FRAME_MAX];
	size_t length = 0;

	if (ks_frame_encode(frame, packet, &length) == 0)
		(void)send(socket, packet, length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void tell_end(int socket, const siginfo_t *end)
{
	static struct ks_frame frame;

	ks_frame_init(&frame, KS_FRAME_ENDED, 0);
	frame.numbers[KS_ENDED_BY_SIGNAL] = end->si_code != CLD_EXITED;
	frame.numbers[KS_ENDED_STATUS] = end->si_status;
	say(socket, &frame);
}

void ks_supervisor_refuse(int socket, int error)
{
	static struct ks_frame frame;
	struct ks_problem problem = {0};

	(void)ks_problem_errno(&problem, error, "the module's own process cannot be made");
	ks_frame_init(&frame, KS_FRAME_FAILED, FIRST_SERIAL);
	frame.numbers[KS_FAILED_RESULT] = KS_ERROR;
	ks_frame_add(&frame, problem.reason, KS_REASON_MAX);
	ks_frame_add(&frame, KS_TRY_AGAIN, KS_REMEDY_MAX);
	say(socket, &frame);
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
