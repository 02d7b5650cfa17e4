/* SPDX-License-Identifier: MIT */
/*
 * The keys of JSON's objects. For json.c only.
 */
#ifndef KEYSTILE_SUPPORT_JSON_KEYS_H
#define KEYSTILE_SUPPORT_JSON_KEYS_H

#include "providers/support/json.h"

/*
 * Once strings are decoded: whether two keys of one object are the same, and in *ret_offset where the first repeated
 * one stands. Uses up the tokens' sizes.
 */
bool ks_json_find_duplicate(const struct ks_json *json, size_t *ret_offset);

#endif
