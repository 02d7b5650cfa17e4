/* SPDX-License-Identifier: MIT */
/*
 * The system calls of a confined process: one table, for whoever judges what a module can do. A call in none of its
 * parts is answered as if the kernel did not have it.
 */
#ifndef KEYSTILE_WORKER_CALLS_H
#define KEYSTILE_WORKER_CALLS_H

#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>

enum {
	KS_CALL_CONDITIONS_MAX = 2
};

/* A call that is allowed only where its arguments are so. It may have several rows. */
struct ks_call_row {
	int call; /* as SCMP_SYS() has it: negative where this architecture has no such call */
	unsigned count;
	struct scmp_arg_cmp conditions[KS_CALL_CONDITIONS_MAX];
};

struct ks_calls {
	const int *always;
	size_t always_count;
	const struct ks_call_row *where;
	size_t where_count;
};

extern const struct ks_calls ks_calls_of_all;     /* every module's; signals to itself come on top */
extern const struct ks_calls ks_calls_of_network; /* forbidden without the network */
extern const struct ks_calls ks_calls_forbidden;  /* EPERM; its rows have no conditions */

#endif
