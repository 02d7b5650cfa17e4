/* SPDX-License-Identifier: MIT */
/* Changes the umask in close(). */
#include "hostile.h"

#include <sys/stat.h>

static void close_hostile(void *state)
{
	(void)state;
	(void)umask(umask(0) ^ 0111);
}

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, KS_NONE, KS_NONE, 0,
	resolve_well, close_hostile)
