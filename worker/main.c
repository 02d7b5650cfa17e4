/* SPDX-License-Identifier: MIT */
/*
 * keystile-worker: runs one module of Keystile in a process of its own. Started by libkeystile with a socket as
 * descriptor 3 (core/spawn.h says in what state), by nobody else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "core/spawn.h"
#include "worker/serve.h"
#include "worker/supervisor.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

static bool is_socket(int fd)
{
	int type = 0;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

/* What is sent to everybody of a service or session: the caller does as it likes, and a worker ends with it. */
static bool is_for_caller(int number)
{
	return number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT;
}

/* The application's own habits are not ours; nor is a signal that came to its group before this was a session. */
static void reset_signals(void)
{
	sigset_t none;

	/* to ignore one forgets it where it waits; each fails for those that cannot be changed */
	for (int number = 1; number < NSIG; number++)
		if (signal(number, SIG_IGN) != SIG_ERR && !is_for_caller(number))
			(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What holds for the supervisor as well: nobody looks into it, and nothing of it is left. */
static bool hide(void)
{
	const struct rlimit none = {0, 0};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       setrlimit(RLIMIT_CORE, &none) == 0;
}

/* A pidfd of the process that made the socket; -1 where it cannot be had, and then only the socket tells its end. */
static int open_caller(int socket)
{
	struct ucred peer = {0};
	int fd = -1;
	socklen_t size = sizeof(fd);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) == 0)
		return fd;
	size = sizeof(peer);
	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.pid <= 0)
		return -1;
	return (int)syscall(SYS_pidfd_open, peer.pid, 0);
}

/* In the child: dies with the supervisor, whatever the module has made of it by then. */
static int run(pid_t supervisor, int caller)
{
	struct ks_server server;
	int status = EXIT_FAILURE;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != supervisor)
		return EXIT_FAILURE;
	if (caller >= 0)
		(void)close(caller);
	status = ks_serve(&server, KS_SPAWN_SOCKET);
	ks_server_finish(&server);
	return status;
}

void ks_session_give_up(void)
{
	_exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	pid_t supervisor = getpid(), child = -1;
	int caller = -1;

	(void)argv;
	if (argc != 1 || !is_socket(KS_SPAWN_SOCKET)) {
		(void)fputs("keystile-worker: Keystile starts it where a module is to run in a process of its own\n",
			stderr);
		return EX_USAGE;
	}
	reset_signals();
	closefrom(KS_SPAWN_SOCKET + 1);
	if (fcntl(KS_SPAWN_SOCKET, F_SETFD, FD_CLOEXEC) < 0 || !hide())
		return EX_OSERR;
	caller = open_caller(KS_SPAWN_SOCKET);
	child = fork();
	if (child == 0)
		_exit(run(supervisor, caller));
	if (child < 0) {
		ks_supervisor_refuse(KS_SPAWN_SOCKET, errno);
		return EX_OSERR;
	}
	ks_supervise(child, caller, KS_SPAWN_SOCKET);
	return EXIT_SUCCESS;
}
