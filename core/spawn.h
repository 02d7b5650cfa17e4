/* SPDX-License-Identifier: MIT */
/*
 * Starts a program without the application's notice: it gets no SIGCHLD, and its waitpid(2) finds no child. The
 * program is a grandchild whose parent has ended, so who waits for it does so by a pidfd. Only an application that
 * takes in orphans, as PID 1 or as a subreaper, becomes its parent, and sees its end as that of any other.
 */
#ifndef KEYSTILE_CORE_SPAWN_H
#define KEYSTILE_CORE_SPAWN_H

#include <stdint.h>

enum {
	KS_SPAWN_SOCKET = 3 /* the descriptor of the program that leads to its starter */
};

/*
 * Starts the program at the absolute `path`. Its only argument is its name, its environment exactly `environment`
 * (NULL at the end), its working directory "/". It leads a session of its own. Descriptors 0 to 2 are /dev/null, or
 * where that cannot be opened, lead nowhere; KS_SPAWN_SOCKET is a copy of `socket`, of which the caller keeps its
 * own.
 *
 * The program's main() has to put right what cannot be before it runs: every signal is blocked, what the application
 * ignored is ignored, and where the kernel has no close_range(2) the descriptors that are not close-on-exec are open.
 *
 * Returns 0 and a pidfd, which is close-on-exec and above 2, or a negative errno: that of execve(2) where it is that
 * which failed, -EMFILE, -EAGAIN or -ENOMEM where a limit forbids, -ECANCELED where somebody killed the process in
 * between. Then nothing is left, but after -ECANCELED the program may be there until it sees the socket closed. Safe
 * in threads, no cancellation point, leaves errno as it was. Holds the calling thread until the program runs.
 */
int ks_spawn(const char *path, char *const environment[], int socket, int *ret_pidfd);

/*
 * Waits until the program has ended, at most until `deadline` (ks_now_ms()), and reaps it where that is for us to do.
 * Returns 0, -ETIMEDOUT or another negative errno. The pidfd stays open.
 */
int ks_spawn_wait(int pidfd, int64_t deadline);

/* SIGKILL. A program that has ended is none the worse. */
void ks_spawn_kill(int pidfd);

#endif
