/* SPDX-License-Identifier: MIT */
/*
 * The strings of JSON, between their quotes. For json.c only.
 */
#ifndef KEYSTILE_SUPPORT_JSON_STRING_H
#define KEYSTILE_SUPPORT_JSON_STRING_H

#include <stddef.h>

/*
 * Checks the string whose opening quote is text[*at]: control characters, escapes, surrogates, NUL, UTF-8. `flags`
 * are those of ks_json_parse(). Returns NULL with *at behind the closing quote, or the reason it is none with *at at
 * the fault.
 */
const char *ks_json_string_check(const unsigned char *text, size_t length, unsigned flags, size_t *at);

/*
 * Decodes the `length` bytes between the quotes of a string that passed, in place, and ends them with a NUL, which
 * takes the place of the closing quote at the latest. Returns the new length.
 */
size_t ks_json_string_decode(char *text, size_t length);

#endif
