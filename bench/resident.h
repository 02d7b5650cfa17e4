/* SPDX-License-Identifier: MIT */
/*
 * How much memory a program has in use at most.
 */
#ifndef KEYSTILE_BENCH_RESIDENT_H
#define KEYSTILE_BENCH_RESIDENT_H

#include <spawn.h>

/*
 * Runs a command to its end, traced (what wait4(2) tells is no use: it counts the memory of whoever forked as well).
 * Returns the peak of its resident set in KiB, of the last program where it executes others; -1 where it fails, or
 * may not be traced. Its standard input is the file `input` (or /dev/null), its output goes to /dev/null.
 */
long resident_peak(char *const words[], const char *input);

#endif
