/* SPDX-License-Identifier: MIT */
/*
 * What text may be.
 */
#ifndef KEYSTILE_CORE_TEXT_H
#define KEYSTILE_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The length in bytes of the printable character at the start of `text`: one well-formed UTF-8 sequence (RFC 3629)
 * that is no control character (C0, DEL, C1, and the marks that reorder text on a terminal). 0 where there is none.
 */
size_t ks_text_printable(const char *text, size_t length);

/* Whether all of it is printable; an empty text is. */
bool ks_text_is_printable(const char *text, size_t length);

/*
 * Writes `text` as one word of sh(1), quoted where it must be. False, and an empty word, where it cannot be done
 * safely: it does not fit, is not printable, or has a quote of its own.
 */
bool ks_text_shell_word(const char *text, char *word, size_t size);

/* The length of the well-formed UTF-8 sequence at the start, control characters included; 0 where there is none. */
size_t ks_text_sequence(const char *text, size_t length);

#endif
