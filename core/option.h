/* SPDX-License-Identifier: MIT */
/*
 * The arguments of an entry against the options its module declares.
 */
#ifndef KEYSTILE_CORE_OPTION_H
#define KEYSTILE_CORE_OPTION_H

#include "core/config.h"
#include "core/note.h"

enum {
	KS_OPTION_WORD_MAX = 128 /* bytes of a value that is one word: a name, a variable */
};

/*
 * Fills the entry's settings, one for each declared option, from its arguments: unknown, missing and ill-typed ones
 * are reported with their places. Returns 0, -EINVAL after a report, or -ENOMEM.
 */
int ks_options_bind(const struct ks_entry *entry, const struct ks_manifest *manifest, struct ks_arena *arena,
	struct ks_setting **ret_settings, struct ks_report *report);

/* The argument of an entry that gave option number `index`, or NULL. */
const struct ks_argument *ks_option_argument(
	const struct ks_entry *entry, const struct ks_manifest *manifest, uint32_t index);

#endif
