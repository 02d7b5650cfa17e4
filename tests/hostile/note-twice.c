/* SPDX-License-Identifier: MIT */
/* It carries two notes. */
#include "hostile.h"

#define ks_note_ second_note
KS_NOTE_(0, KS_TRANSPORT_CLI, KS_KIND_SETUP_TOKEN,
	KS_NOTE_TEXT_(HOSTILE_NAME, "1.0.0", "misbehaves, for tests", KS_NONE, KS_NONE))
#undef ks_note_

HOSTILE_ANSWER(deliver_well)
