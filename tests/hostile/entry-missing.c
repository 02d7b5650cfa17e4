/* SPDX-License-Identifier: MIT */
/* It has a note and no entry point. */
#include "hostile.h"

KS_NOTE_(0, ALL_TRANSPORTS, KS_KIND_API_KEY,
	KS_NOTE_TEXT_(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", KS_NONE, KS_NONE))
