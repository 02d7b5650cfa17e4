/* SPDX-License-Identifier: MIT */
#include "providers/vault/base64.h"

#include <string.h>

#define DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

enum {
	GROUP = 3, /* bytes that are four digits */
	GROUP_DIGITS = 4
};

/* A `pad` of NUL is none. */
static const char *encode(struct ks_vault_call *call, const char *text, const char *digits, char pad)
{
	const unsigned char *bytes = (const unsigned char *)text;
	const size_t length = strlen(text);
	char *const encoded = call->host->secret_alloc(call->host, (length / GROUP + 1) * GROUP_DIGITS + 1);
	char *end = encoded;

	for (size_t at = 0; encoded && at < length; at += GROUP) {
		const uint32_t second = at + 1 < length ? bytes[at + 1] : 0,
			       third = at + 2 < length ? bytes[at + 2] : 0;
		const uint32_t group = (uint32_t)bytes[at] << 16 | second << 8 | third;

		*end++ = digits[group >> 18];
		*end++ = digits[group >> 12 & 63];
		if (at + 1 < length)
			*end++ = digits[group >> 6 & 63];
		if (at + 2 < length)
			*end++ = digits[group & 63];
	}
	for (size_t size = (size_t)(end - encoded); pad && size % GROUP_DIGITS != 0; size++)
		*end++ = pad;
	return encoded;
}

const char *ks_vault_base64(struct ks_vault_call *call, const char *text)
{
	return encode(call, text, DIGITS "+/", '=');
}

const char *ks_vault_base64_url(struct ks_vault_call *call, const char *text)
{
	return encode(call, text, DIGITS "-_", '\0');
}
