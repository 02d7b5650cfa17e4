/* SPDX-License-Identifier: MIT */
/*
 * The module by way of the library, as a caller has it, with every answer held against the contract.
 */
#ifndef KEYSTILE_KIT_ASK_H
#define KEYSTILE_KIT_ASK_H

#include <keystile/keystile.h>

#include "core/context.h"
#include "kit/check.h"

enum {
	ASK_TIMEOUT_MS = 2000, /* of a request, where the deadline is not what is looked at */
	ASK_ANY = KS_TRANSPORT_API | KS_TRANSPORT_CLI
};

/* What came of a request. */
struct answer {
	enum ks_result result;
	bool is_stopped;   /* its worker was stopped at the deadline */
	enum ks_kind kind; /* of a credential */
	char source[KS_SOURCE_MAX + 1];
};

/* Opens the stack of a home without running the module. Ends the check where that fails. */
struct ks_context *open_stack(const struct home *home);

/* Loads the module and opens its state. Ends the check where that fails. */
void open_state(struct ks_context *context);

/* Both. */
struct ks_context *open_home(const struct home *home);

/* Asks once, and takes any answer: for a check of something else. */
struct answer ask(struct ks_context *context, int64_t timeout_ms);

/* Asks once; for a fresh answer, where `is_fresh`. Ends the check where the answer breaks a rule. */
void ask_strictly(struct ks_context *context, uint32_t transports, bool is_fresh);

#endif
