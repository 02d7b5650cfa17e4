/* SPDX-License-Identifier: MIT */
/*
 * What the confined process does: it loads one module for one entry, and runs it for its caller.
 */
#ifndef KEYSTILE_WORKER_SERVE_H
#define KEYSTILE_WORKER_SERVE_H

#include "core/module.h"
#include "worker/host.h"

struct ks_server {
	struct ks_session session;
	struct ks_arena arena;
	struct ks_module module;
	struct ks_setting *settings;
	unsigned setting_count;
	const char **paths;
	unsigned path_count;
	void *state;
	bool is_open; /* the module's open() returned KS_OK */
};

/*
 * Works until the caller has it close, or is gone; or the latter in the middle of a call, then it does not return
 * (ks_session_give_up()). Returns the exit status. ks_server_finish() wipes and frees what is left in each case.
 */
int ks_serve(struct ks_server *server, int socket);
void ks_server_finish(struct ks_server *server);

#endif
