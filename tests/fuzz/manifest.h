/* SPDX-License-Identifier: MIT */
/*
 * What must hold for a manifest, whichever target read it.
 */
#ifndef KEYSTILE_TESTS_FUZZ_MANIFEST_H
#define KEYSTILE_TESTS_FUZZ_MANIFEST_H

#include "core/note.h"

/* Ends the process where a manifest is not as core/note.h promises. Its bytes may be gone: it lives in the arena. */
void manifest_check(const struct ks_manifest *manifest);

/* The refusal of a note or a module. */
void manifest_check_refusal(const struct ks_problem *problem);

/* A note as KS_PROVIDER would make it: a head, and `text` with a NUL behind it. For the caller to free. */
char *manifest_note(const struct ks_note_head *head, const char *text, size_t length, size_t *ret_size);

#endif
