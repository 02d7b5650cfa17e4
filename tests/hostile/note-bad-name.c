/* SPDX-License-Identifier: MIT */
/* Its name is none that a module can have: a path. */
#include "hostile.h"

KS_PROVIDER("../" HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, KS_NONE,
	KS_NONE, 0, resolve_well, 0)
