/* SPDX-License-Identifier: MIT */
/*
 * One request: the context that was opened, what the walk over its stack brought, and how a failure is told.
 */
#ifndef KEYSTILE_CLI_WALK_H
#define KEYSTILE_CLI_WALK_H

#include <keystile/keystile.h>
#include <limits.h>

#include "cli/options.h"

struct walk {
	struct ks_context *context;
	struct ks_credential *credential; /* NULL unless the result is KS_OK */
	struct ks_trace *trace;           /* may be NULL */
	struct ks_request request;
	enum ks_result result;
	struct ks_error error;
	const char *service, *config_dir;
	bool one_line; /* tell a failure in one line */
};

enum {
	KINDS_WITH_SECRET = KS_KIND_API_KEY | KS_KIND_GATEWAY_TOKEN | KS_KIND_FEDERATED_TOKEN | KS_KIND_SETUP_TOKEN,
	PLACE_TEXT_MAX = PATH_MAX + 32, /* a path, line and column */
	FAULT_TEXT_MAX = PLACE_TEXT_MAX + KS_REASON_MAX + KS_REMEDY_MAX + 16,
	STEP_TEXT_MAX = KS_SOURCE_MAX + KS_REASON_MAX + KS_REMEDY_MAX + 16
};

/*
 * Opens the stack the options name. `walk` is zero everywhere but `one_line`. Returns 0, or the exit status with
 * every fault told. walk_close() in both cases.
 */
int walk_open(struct walk *walk, const struct options *options);

/* Fills the request from the options, for `transports` unless -t says otherwise. The caller may change it then. */
void walk_prepare(struct walk *walk, const struct options *options, uint32_t transports, uint32_t preferred,
	const char *command);

/* Asks. The answer is in the walk. */
void walk_resolve(struct walk *walk);

/* Tells why there is no credential: the entry that decides, the others, the sum. Returns the exit status. */
int walk_fail(const struct walk *walk);

/* Only the last line of that. */
int walk_summarize(const struct walk *walk);

void walk_close(struct walk *walk);

/* Step number `index` of the trace. Returns 1, or 0 behind the last. */
int walk_step(const struct walk *walk, unsigned index, struct ks_step *ret_step);

/* "REASON; REMEDY" of a step, or its source where it delivered. */
void walk_step_text(const struct ks_step *step, char text[STEP_TEXT_MAX]);

/* "FILE:LINE:COLUMN: REASON; REMEDY" as far as it is known; the file only once. */
void walk_fault_text(const struct ks_fault *fault, char text[FAULT_TEXT_MAX]);

#endif
