/* SPDX-License-Identifier: MIT */
/*
 * Where the faults of a configuration go: to the application's callback, all of them, and the first into its error.
 */
#ifndef KEYSTILE_CORE_REPORT_H
#define KEYSTILE_CORE_REPORT_H

#include <keystile/keystile.h>
#include <stdbool.h>

#include "core/problem.h"

struct ks_report {
	void (*fault)(void *data, const struct ks_fault *fault); /* or NULL */
	void *data;
	struct ks_error *error; /* or NULL */
	unsigned count;         /* faults so far, notes not counted */
	enum ks_result result;  /* of the first, or of the first KS_ERROR or KS_DENIED */
};

/* Reports one fault. `file` may be NULL, line and column 0. Returns -EINVAL. */
int ks_report_fault(struct ks_report *report, enum ks_result result, const char *file, unsigned line, unsigned column,
	const char *remedy, const char *format, ...) __attribute__((format(printf, 7, 8)));
int ks_report_problem(
	struct ks_report *report, const char *file, unsigned line, unsigned column, const struct ks_problem *problem);

/* Reports what is worth knowing and refuses nothing. */
void ks_report_note(
	struct ks_report *report, const char *file, unsigned line, unsigned column, const struct ks_problem *problem);

/* Ends the report: adds "(and N more)" to the error. Returns the result, KS_OK where there was no fault. */
enum ks_result ks_report_finish(struct ks_report *report);

#endif
