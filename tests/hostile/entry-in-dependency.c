/* SPDX-License-Identifier: MIT */
/* Its entry point is that of a library it needs. */
#include "hostile.h"

KS_NOTE_(0, ALL_TRANSPORTS, KS_KIND_API_KEY,
	KS_NOTE_TEXT_(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", KS_NONE, KS_NONE))

int keystile_hostile_helper(void);
int (*volatile keystile_hostile_needs)(void);

__attribute__((constructor)) static void need(void)
{
	keystile_hostile_needs = keystile_hostile_helper;
}
