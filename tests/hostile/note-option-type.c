/* SPDX-License-Identifier: MIT */
/* It declares an option of a type that the core does not know. */
#include "hostile.h"

#define KS_TYPE_COLOUR 99
#define OPTIONS(X) X("paint", COLOUR, OPTIONAL, "", "what to paint it")

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, OPTIONS, KS_NONE, 0,
	resolve_well, 0)
