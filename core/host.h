/* SPDX-License-Identifier: MIT */
/*
 * One call into a module: the host table it is given, and what it said through it.
 */
#ifndef KEYSTILE_CORE_HOST_H
#define KEYSTILE_CORE_HOST_H

#include "core/credential.h"
#include "core/stack.h"

enum {
	KS_EXPIRY_SKEW_S = 10 /* a credential that ends within these seconds would end on its way */
};

/* What one entry is asked for: everything narrowed to what the entry and the request have in common. */
struct ks_wish {
	uint32_t transports, preferred, payers, kinds;
	uint32_t flags;   /* enum ks_provider_request_flag */
	int64_t deadline; /* milliseconds on CLOCK_MONOTONIC */
};

/* Where the notes of modules go; `write` may be NULL. */
struct ks_log {
	void (*write)(void *data, const char *module, int is_warning, const char *text);
	void *data;
};

struct ks_call {
	struct ks_host host; /* what the module sees; host.core points here */
	const struct ks_stack_entry *entry;
	const struct ks_log *log;
	struct ks_wish wish;
	bool is_open; /* open(), not resolve() */

	/* What became of it. */
	bool answered; /* it delivered or failed: no second word is taken */
	bool breach;   /* it broke the contract; problem says how */
	struct ks_credential *credential;
	char source[KS_SOURCE_MAX + 1];
	struct ks_problem problem;
	const struct ks_argument *argument; /* the option open() refused, or NULL */
	void *blocks;                       /* secret memory to wipe when it is over */
	struct ks_problem refusal;          /* of the last open_private() that failed */
};

/* Makes a call that has nothing to say yet. Its long texts are only cut off, for a warm request is short. */
void ks_call_clear(struct ks_call *call);

/* Takes down where the module looked: cut to what a call holds, and made fit for a message. NULL is nothing. */
void ks_call_source(struct ks_call *call, const char *source);

/*
 * Opens a module's state for an entry (it was loaded before). Returns KS_OK and *ret_state, or what the module said,
 * with the reason in *problem and the option it is about in *ret_argument (or NULL).
 */
enum ks_result ks_host_open(const struct ks_stack_entry *entry, const struct ks_log *log, void **ret_state,
	struct ks_problem *problem, const struct ks_argument **ret_argument);

/*
 * Runs resolve() and judges the answer. Returns KS_OK and call->credential, or the entry's result with call->source
 * and call->problem. The caller passes a call it keeps until it has read the text.
 */
enum ks_result ks_host_resolve(struct ks_call *call, const struct ks_stack_entry *entry, const struct ks_log *log,
	void *state, const struct ks_wish *wish);

#endif
