/* SPDX-License-Identifier: MIT */
/* Crashes in close(), when its answer was given long ago. */
#include "crash.h"
#include "tests/hostile/hostile.h"

static void close_hostile(void *state)
{
	(void)state;
	crash();
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, KS_NONE, KS_NONE, 0,
	resolve_well, close_hostile)
