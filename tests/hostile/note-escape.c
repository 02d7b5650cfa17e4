/* SPDX-License-Identifier: MIT */
/* Its summary would clear a terminal. */
#include "hostile.h"

KS_PROVIDER(HOSTILE_NAME, "1.0.0", "clears \033[2J", 0, ALL_TRANSPORTS, KS_KIND_API_KEY, KS_NONE, KS_NONE, 0,
	resolve_well, 0)
