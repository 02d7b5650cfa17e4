/* SPDX-License-Identifier: MIT */
/*
 * Where the faults of a configuration go: to the application's callback, all of them, and the first into its error.
 */
#ifndef KEYSTILE_CORE_REPORT_H
#define KEYSTILE_CORE_REPORT_H

#include <keystile/keystile.h>
#include <stdbool.h>

#include "core/problem.h"

enum {
	KS_REPORT_WORD_MAX = 64
};

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

/*
 * How a word of the configuration is called in a reason: 'word' with `suffix` behind it, or "a word of 108 bytes",
 * since what is long or begins like a key may be a secret in the wrong place. Returns `buffer`.
 */
const char *ks_report_word(char buffer[KS_REPORT_WORD_MAX], const char *word, size_t length, const char *suffix);

/* "FILE:LINE:COLUMN: " as far as it is known; "" where the reason begins with the file itself. */
void ks_fault_place(const struct ks_fault *fault, char *text, size_t size);

/* Ends the report: adds "(and N more)" to the error. Returns the result, KS_OK where there was no fault. */
enum ks_result ks_report_finish(struct ks_report *report);

#endif
