/* SPDX-License-Identifier: MIT */
/*
 * What the confined process does: it loads one module for one entry, and runs it for its caller.
 */
#ifndef KEYSTILE_WORKER_SERVE_H
#define KEYSTILE_WORKER_SERVE_H

/* Works until the caller has it close, or is gone. Returns the exit status. */
int ks_serve(int socket);

#endif
