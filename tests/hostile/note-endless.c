/* SPDX-License-Identifier: MIT */
/* The text of its note is longer than the note. */
#include "hostile.h"

static const struct {
	uint32_t owner_size, content_size, type;
	char owner[12];
	struct ks_note_head head;
} note __attribute__((section(KS_NOTE_SECTION), used, aligned(4))) = {
	sizeof(KS_NOTE_OWNER),
	sizeof(struct ks_note_head),
	KS_NOTE_TYPE,
	KS_NOTE_OWNER,
	{sizeof(struct ks_note_head), KS_ABI_MAJOR, KS_ABI_MINOR, 0, ALL_TRANSPORTS, KS_KIND_API_KEY, UINT32_MAX},
};

_Static_assert(sizeof(KS_NOTE_OWNER) <= sizeof(note.owner), "the owner does not fit");
