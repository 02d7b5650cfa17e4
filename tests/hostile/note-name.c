/* SPDX-License-Identifier: MIT */
/* Note and descriptor agree on a name that is not the file's. */
#include "hostile.h"

KS_PROVIDER("env", "1.0.0", "misbehaves, for tests", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, KS_NONE, KS_NONE, 0,
	resolve_well, 0)
