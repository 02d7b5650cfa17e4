/* SPDX-License-Identifier: MIT */
/*
 * For modules that crash: a write where nothing is.
 */
#ifndef KEYSTILE_TESTS_HOSTILE_CRASH_H
#define KEYSTILE_TESTS_HOSTILE_CRASH_H

static inline void crash(void)
{
	volatile char *volatile nothing = (volatile char *)8;

	*nothing = 1;
}

#endif
