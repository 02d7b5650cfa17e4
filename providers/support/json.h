/* SPDX-License-Identifier: MIT */
/*
 * JSON without copies: jsmn's tokens over a buffer the caller owns, which may be secret memory. Strings are decoded
 * in place. The one reader of the providers and of the command's look at settings files.
 */
#ifndef KEYSTILE_SUPPORT_JSON_H
#define KEYSTILE_SUPPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	KS_JSON_TOKENS_MAX = 400000, /* enough for a ~/.claude.json of several MiB */
	KS_JSON_DEPTH_MAX = 32
};

struct ks_json {
	char *text;
	size_t length;
	void *tokens; /* jsmn's, in the caller's memory */
	int count;
};

/* A value's place in the document; negative: none. The top value is 0. */
typedef int ks_json_ref;

/* Bytes of token memory that suffice for this text, up to KS_JSON_TOKENS_MAX tokens (a value is one, a key is one).
 */
size_t ks_json_token_size(const char *text, size_t length);

enum ks_json_flag {
	KS_JSON_LENIENT = 1 << 0 /* takes a NUL's escape and half a surrogate pair, as JSON.parse() does: as U+FFFD */
};

/*
 * Parses strictly (RFC 8259: one value, quoted keys, no trailing text, valid UTF-8, valid escapes), refuses a byte
 * order mark, a NUL or \u0000, duplicate keys in an object, and nesting over KS_JSON_DEPTH_MAX. `text` need not end
 * with a NUL; it is changed (strings are decoded in place) and must live as long as `json`. `tokens` is the caller's
 * memory of `token_size` bytes, aligned for an int. No allocation.
 * Returns 0, or -EINVAL and *ret_offset (bytes from 0) and *ret_reason (a phrase without any of the text).
 */
int ks_json_parse(struct ks_json *json, char *text, size_t length, void *tokens, size_t token_size, unsigned flags,
	size_t *ret_offset, const char **ret_reason);

bool ks_json_is_object(const struct ks_json *json, ks_json_ref ref);
bool ks_json_is_null(const struct ks_json *json, ks_json_ref ref);
bool ks_json_is_array(const struct ks_json *json, ks_json_ref ref);

/* The value of a member of an object, or -1. Keys are compared after decoding. */
ks_json_ref ks_json_member(const struct ks_json *json, ks_json_ref object, const char *key);

/* Walks the members of an object (or elements of an array, with *ret_key NULL): start with *cursor = -1; false at
   the end. */
bool ks_json_next(
	const struct ks_json *json, ks_json_ref container, int *cursor, const char **ret_key, ks_json_ref *ret_value);

/* The decoded string, NUL-terminated inside the caller's buffer, and its length; NULL where the value is no string.
 */
const char *ks_json_string(const struct ks_json *json, ks_json_ref ref, size_t *ret_length);

/* An integer that fits; -EINVAL where it is none (a fraction or exponent is none), -ERANGE where it does not fit. */
int ks_json_integer(const struct ks_json *json, ks_json_ref ref, int64_t *ret_value);

#endif
