/* SPDX-License-Identifier: MIT */
/*
 * What is wrong, as the parts of one sentence: the core passes it up, and whoever knows the place prints it.
 */
#ifndef KEYSTILE_CORE_PROBLEM_H
#define KEYSTILE_CORE_PROBLEM_H

#include <keystile/types.h>
#include <stdarg.h>
#include <stdbool.h>

struct ks_error;

struct ks_problem {
	enum ks_result result;
	char reason[KS_REASON_MAX];
	char remedy[KS_REMEDY_MAX]; /* "" where the reason says it all */
};

/*
 * Fills `problem` (may be NULL); the format makes the reason, which is cut, never overrun. Control characters become
 * '?'. Returns -EINVAL for a fault of the input and -EIO for KS_ERROR, so that a caller can `return ks_problem(...)`.
 */
int ks_problem(struct ks_problem *problem, enum ks_result result, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

void ks_problem_va(struct ks_problem *problem, enum ks_result result, const char *remedy, const char *format,
	va_list arguments) __attribute__((format(printf, 4, 0)));

/* Makes it say nothing (KS_OK), at little cost: its texts are cut off, not overwritten. `problem` may be NULL. */
void ks_problem_clear(struct ks_problem *problem);

/* The problem of a system call: EACCES is denied, everything else an error. Returns -errno_value. */
int ks_problem_errno(struct ks_problem *problem, int errno_value, const char *what);

/* What to do about a fault of the machine's. */
#define KS_TRY_AGAIN "see that the machine has what it needs, and try again"

/*
 * The problem of a system call that concerned a path, "PATH WHAT: ...": misconfigured where the error says something
 * of the path (see ks_is_of_path()), else an error. Returns as ks_problem() does.
 */
int ks_problem_path(struct ks_problem *problem, int errno_value, const char *path, const char *what);

/* Whether a call that failed so may succeed the next time: memory or descriptors ran short, or it was interrupted. */
bool ks_is_passing(int error);

/*
 * Whether a call that failed so says something of the path it was given, and whoever wrote that can mend it: nothing
 * there, no permission, links that lead nowhere. All else is a fault of the machine's.
 */
bool ks_is_of_path(int error);

/* Writes result and message ("PLACE: REASON; REMEDY") into the caller's error (may be NULL). Returns the result. */
enum ks_result ks_error_set(struct ks_error *error, enum ks_result result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Makes text fit for a message, in place: every byte that is not printable (control characters, invalid UTF-8, marks
 * that reorder) becomes '?', and what looks like a secret of Anthropic's becomes sk-ant-***.
 */
void ks_scrub(char *text);

#endif
