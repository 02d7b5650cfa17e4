/* SPDX-License-Identifier: MIT */
/* It has no kind of credential that the core knows. */
#include "hostile.h"

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, 1u << 9, KS_NONE, KS_NONE, 0,
	resolve_well, 0)
