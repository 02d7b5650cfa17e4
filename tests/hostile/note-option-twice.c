/* SPDX-License-Identifier: MIT */
/* It declares an option twice. */
#include "hostile.h"

#define OPTIONS(X) X("path", PATH, OPTIONAL, "", "one") X("path", URL, OPTIONAL, "", "another")

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, OPTIONS, KS_NONE, 0,
	resolve_well, 0)
