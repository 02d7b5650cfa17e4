/* SPDX-License-Identifier: MIT */
/* Crashes when it is loaded, before it is asked for anything. */
#include <signal.h>

#include "tests/hostile/hostile.h"

__attribute__((constructor)) static void crash(void)
{
	(void)raise(SIGSEGV);
}

HOSTILE_ANSWER(deliver_well)
