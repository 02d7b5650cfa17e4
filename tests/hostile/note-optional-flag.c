/* SPDX-License-Identifier: MIT */
/* It has a flag that the core may ignore, which is no misbehaviour. */
#include "hostile.h"

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 1u << 16, ALL_TRANSPORTS, KS_KIND_API_KEY, KS_NONE,
	KS_NONE, 0, resolve_well, 0)
