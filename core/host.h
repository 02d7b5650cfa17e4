/* SPDX-License-Identifier: MIT */
/*
 * One call into a module: the host table it is given, and what it said through it.
 */
#ifndef KEYSTILE_CORE_HOST_H
#define KEYSTILE_CORE_HOST_H

#include <limits.h>

#include "core/blocks.h"
#include "core/credential.h"
#include "core/stack.h"

enum {
	KS_EXPIRY_SKEW_S = 10, /* a credential that ends within these seconds would end on its way */
	KS_VALUE_MAX =
		60 * 1024, /* bytes of the longest value that getenv() gives, in every home: a frame holds it */
};

/* What one entry is asked for: everything narrowed to what the entry and the request have in common. */
struct ks_wish {
	uint32_t transports, preferred, payers, kinds;
	uint32_t flags;   /* enum ks_provider_request_flag */
	int64_t deadline; /* milliseconds on CLOCK_MONOTONIC */
};

struct ks_context;

/* Where the notes of modules go; `write` and `context` may be NULL. */
struct ks_log {
	void (*write)(void *data, const char *module, int is_warning, const char *text);
	void *data;
	struct ks_context *context; /* for whose audit log alerts are */
};

/* What to do about a module that is wrong. */
#define KS_TELL_AUTHOR "report it to the module's author"

/* What is said of an answer that did not come in time. */
#define KS_RAISE_TIMEOUT "raise @timeout, or see why it is slow"
#define KS_STILL_BUSY "another request was still using it at the deadline"

struct ks_call {
	struct ks_host host; /* what the module sees; host.core points here */
	const struct ks_stack_entry *entry;
	const struct ks_log *log;
	struct ks_wish wish;
	bool is_open; /* open(), not resolve() */

	/* What became of it. */
	bool answered; /* it delivered or failed: no second word is taken */
	bool breach;   /* it broke the contract, or its worker failed; problem says how */
	struct ks_credential *credential;
	char source[KS_SOURCE_MAX + 1];
	struct ks_problem problem;
	const struct ks_argument *argument; /* the option open() refused, or NULL */
	struct ks_blocks blocks;            /* what the module asked for, wiped when it is over */
	struct ks_problem refusal;          /* of the last open_private() that failed */
};

/* Makes a call that has nothing to say yet. Its long texts are only cut off, for a warm request is short. */
void ks_call_clear(struct ks_call *call);

/*
 * Ends it for a reason that is not the module's to give: its worker failed, or was stopped. Nothing that the module
 * said or says counts any more. Returns the result.
 */
int ks_call_give_up(struct ks_call *call, enum ks_result result, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* As the host's deliver(), of what a worker found to break the contract in the way `breach` says. */
int ks_call_deliver_badly(struct ks_call *call, const char *breach);

/* Judges what open() returned against what it said: afterwards call->problem.result is the answer. */
void ks_call_judge_open(struct ks_call *call, int returned);

/* Takes down where the module looked: cut to what a call holds, and made fit for a message. NULL is nothing. */
void ks_call_source(struct ks_call *call, const char *source);

/*
 * Opens a module's state for an entry, in its home: in this process, where it was loaded before, or in a worker,
 * where that takes until the deadline at most. Returns KS_OK and *ret_state, or what the module said, with the reason
 * in *problem and the option it is about in *ret_argument (or NULL).
 */
enum ks_result ks_host_open(const struct ks_stack_entry *entry, const struct ks_log *log, int64_t deadline,
	void **ret_state, struct ks_problem *problem, const struct ks_argument **ret_argument);

/*
 * Runs resolve() and judges the answer. Returns KS_OK and call->credential, or the entry's result with call->source
 * and call->problem. The caller passes a call it keeps until it has read the text.
 */
enum ks_result ks_host_resolve(struct ks_call *call, const struct ks_stack_entry *entry, const struct ks_log *log,
	void *state, const struct ks_wish *wish);

#endif
