/* SPDX-License-Identifier: MIT */
/*
 * core/note.c: the text of a note, under a good head of this minor version and of a later one.
 */
#include "core/note.h"

#include <stdlib.h>

#include "fuzz.h"
#include "manifest.h"

static void check(const char *text, size_t length, uint16_t minor)
{
	const struct ks_note_head head = {
		.size = sizeof(head),
		.abi_major = KS_ABI_MAJOR,
		.abi_minor = minor,
		.flags = KS_PROVIDER_REENTRANT,
		.transports = KS_TRANSPORT_API,
		.kinds = KS_KIND_API_KEY,
		.text_size = (uint32_t)length + 1,
	};
	struct ks_arena arena = {0};
	struct ks_manifest manifest = {0};
	struct ks_problem problem = {0};
	size_t size = 0;
	char *note = manifest_note(&head, text, length, &size);
	const int r = ks_note_parse(note, size, &arena, &manifest, &problem);

	free(note); /* the manifest does without it */
	if (r == 0)
		manifest_check(&manifest);
	else
		manifest_check_refusal(&problem);
	ks_arena_finish(&arena);
}

void fuzz_target(char *bytes, size_t length)
{
	check(bytes, length, KS_ABI_MINOR);
	check(bytes, length, KS_ABI_MINOR + 1);
}
