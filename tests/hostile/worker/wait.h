/* SPDX-License-Identifier: MIT */
/*
 * For modules that do nothing any more, so that what comes of them is what they did before, or their deadline.
 */
#ifndef KEYSTILE_TESTS_HOSTILE_WAIT_H
#define KEYSTILE_TESTS_HOSTILE_WAIT_H

#include <unistd.h>

static inline _Noreturn void wait_for_the_end(void)
{
	for (;;)
		(void)pause();
}

#endif
