/* SPDX-License-Identifier: MIT */
/*
 * Words the library and the command share beyond those of keystile.h.
 */
#ifndef KEYSTILE_CORE_WORDS_H
#define KEYSTILE_CORE_WORDS_H

#include <keystile/keystile.h>

/* A set of transports as the first column of a stack has it: "api", "cli", "any"; "none" for the empty set. */
const char *ks_transports_word(uint32_t transports);

/* What a whole request came to: "ok", "none" or "failed". */
const char *ks_outcome_word(enum ks_result result);

#endif
