/* SPDX-License-Identifier: MIT */
/* It has no transport that the core knows. */
#include "hostile.h"

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, 1u << 5, KS_KIND_API_KEY, KS_NONE, KS_NONE, 0,
	resolve_well, 0)
