/* SPDX-License-Identifier: MIT */
/* It was made for the next major version of the interface. */
#include "hostile.h"

#undef KS_ABI_MAJOR
#define KS_ABI_MAJOR 2

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, KS_NONE, KS_NONE, 0,
	resolve_well, 0)
