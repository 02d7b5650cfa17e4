/* SPDX-License-Identifier: MIT */
/*
 * Which value of a JSON document a field's name means.
 */
#ifndef KEYSTILE_FILE_FIELD_H
#define KEYSTILE_FILE_FIELD_H

#include <stdbool.h>

#include "providers/support/json.h"

/* Whether the name is a JSON pointer (RFC 6901), which begins with '/'; else it is the name of a member. */
bool ks_field_is_pointer(const char *field);

/* Whether a pointer is well-formed: every ~ is followed by 0 or 1. */
bool ks_field_check(const char *field);

/* The value a field means in the document; -1 where there is none. */
ks_json_ref ks_field_find(const struct ks_json *json, const char *field);

#endif
