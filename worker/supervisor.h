/* SPDX-License-Identifier: MIT */
/*
 * The supervisor: the process that the caller started and may kill. It runs no code of the module's, and outlives
 * neither its caller nor the process that does.
 */
#ifndef KEYSTILE_WORKER_SUPERVISOR_H
#define KEYSTILE_WORKER_SUPERVISOR_H

#include <sys/types.h>

/*
 * Watches until the child ends, the caller ends (its pidfd, or -1) or closes the socket; kills the child in the
 * latter cases. At last tells the caller how the child ended.
 */
void ks_supervise(pid_t child, int caller, int socket);

/* Tells the caller, in the place of a module's process, that there can be none. */
void ks_supervisor_refuse(int socket, int error);

#endif
