/* SPDX-License-Identifier: MIT */
/* It has the flag that is reserved. */
#include "hostile.h"

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", KS_PROVIDER_HEAP_SECRETS, ALL_TRANSPORTS, KS_KIND_API_KEY,
	KS_NONE, KS_NONE, 0, resolve_well, 0)
