/* SPDX-License-Identifier: MIT */
/* Never returns from being loaded. */
#include "tests/hostile/hostile.h"
#include "wait.h"

__attribute__((constructor)) static void hang(void)
{
	wait_for_the_end();
}

HOSTILE_ANSWER(deliver_well)
