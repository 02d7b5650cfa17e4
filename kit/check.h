/* SPDX-License-Identifier: MIT */
/*
 * One check: run in a process of its own, which a module may crash, hang or end; and its line in the report.
 *
 * The body of a check calls during() before each call into the module, and returns where all was well. What it finds
 * it tells by the functions that do not return.
 */
#ifndef KEYSTILE_KIT_CHECK_H
#define KEYSTILE_KIT_CHECK_H

#include <stdbool.h>

#include "kit/place.h"
#include "kit/rule.h"

enum check_end {
	CHECK_DIED = 0, /* it said nothing */
	CHECK_PASSED,
	CHECK_BROKEN,
	CHECK_HUNG,     /* broken, and the time was up */
	CHECK_LEFT_OUT, /* it cannot be made here; why is told */
	CHECK_REFUSED,  /* the options that were given are no good: nothing can be said of the module */
	CHECK_UNABLE,   /* the kit could not do its work */
	CHECK_ENDS
};

/* `name` as in the report, and the home behind it, if the check has one. */
struct check {
	const char *name;
	void (*run)(const struct kit *kit, const struct home *home);
};

/* Lines of the report so far, by their end. */
extern unsigned check_count[CHECK_ENDS];

/* Makes what the processes share. Returns 0 or a negative errno. */
int check_set_up(void);

/* Runs one check, and writes its line to standard output (what is no finding, to standard error). */
enum check_end check_run(const struct check *check, const struct kit *kit, const struct home *home);

/* What happens now, for the report, and which rule is broken where the process ends meanwhile. */
void during(enum rule rule, const char *what);
const char *now_during(void);

/* The ends of a check. The first thread that says something is heard. */
_Noreturn void broken(enum rule rule, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void left_out(const char *why);
_Noreturn void refused(const char *why);
_Noreturn void unable(const char *what, int error);

/* The process of the check, for a process that it started. */
bool has_ended(void);

/* A descriptor of /proc. */
int check_proc(void);

#endif
