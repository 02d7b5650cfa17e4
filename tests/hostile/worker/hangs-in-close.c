/* SPDX-License-Identifier: MIT */
/* Never returns from close(). */
#include "tests/hostile/hostile.h"
#include "wait.h"

static void close_hostile(void *state)
{
	(void)state;
	wait_for_the_end();
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, KS_NONE, KS_NONE, 0,
	resolve_well, close_hostile)
