/* SPDX-License-Identifier: MIT */
/*
 * The two kinds of text in which AWS has keys: a file with profiles, and what STS answers. What they find is a part
 * of the text. Pure.
 */
#ifndef KEYSTILE_VAULT_LOGIN_AWS_TEXT_H
#define KEYSTILE_VAULT_LOGIN_AWS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A part of a text. NULL where there is none. */
struct ks_vault_span {
	const char *text;
	size_t length;
};

struct ks_vault_aws_spans {
	struct ks_vault_span access_key, secret_key;
	struct ks_vault_span session_token; /* keys that do not end have none */
};

/*
 * Looks for a profile in a credentials file ("Shared config and credentials files" in the reference of AWS's SDKs).
 * Returns 0 and *ret_spans, as much as the profile has; -ENOENT where there is no such profile; -EINVAL and *ret_line
 * for a line that makes it unclear what the profile has: one that is none, a name or a key that is there twice, a
 * value with a blank.
 */
int ks_vault_aws_profile(const char *text, size_t length, const char *profile, struct ks_vault_aws_spans *ret_spans,
	unsigned *ret_line);

/* What an element holds that is there once, and holds no other and no entity; false where there is none. */
bool ks_vault_aws_element(const char *text, const char *name, struct ks_vault_span *ret_span);

/* Whether they are keys that can be used. */
bool ks_vault_aws_fit(const struct ks_vault_aws_spans *spans);

#endif
