/* SPDX-License-Identifier: MIT */
/*
 * The two kinds of text in which AWS has keys: a file with profiles, and what STS answers. What they find is a part
 * of the text. Pure.
 */
#ifndef KEYSTILE_VAULT_AWS_TEXT_H
#define KEYSTILE_VAULT_AWS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* What a profile has for a key; false where it has none. */
bool ks_vault_aws_profile(
	const char *text, const char *profile, const char *key, const char **ret_value, size_t *ret_length);

/* What an element holds that is there once, and holds no other and no entity; false where there is none. */
bool ks_vault_aws_element(const char *text, const char *name, const char **ret_value, size_t *ret_length);

#endif
