/* SPDX-License-Identifier: MIT */
#include "providers/file/field.h"

#include <string.h>

enum {
	INDEX_DIGITS_MAX = 6 /* no document that is read here has as many elements */
};

bool ks_field_is_pointer(const char *field)
{
	return field[0] == '/';
}

bool ks_field_check(const char *field)
{
	if (!ks_field_is_pointer(field))
		return true;
	for (const char *at = strchr(field, '~'); at; at = strchr(at + 1, '~'))
		if (at[1] != '0' && at[1] != '1')
			return false;
	return true;
}

/* Whether the first `length` bytes of a pointer's part spell `key`: ~1 stands for '/', ~0 for '~'. */
static bool spells(const char *part, size_t length, const char *key)
{
	size_t at = 0;

	for (; at < length && *key; at++, key++) {
		char character = part[at];

		if (character == '~')
			character = part[++at] == '1' ? '/' : '~';
		if (character != *key)
			return false;
	}
	return at == length && !*key;
}

/* The number of an element: digits without a leading zero. -1 for what is none. */
static long index_of(const char *part, size_t length)
{
	long index = 0;

	if (length == 0 || length > INDEX_DIGITS_MAX || (part[0] == '0' && length > 1))
		return -1;
	for (size_t at = 0; at < length; at++) {
		if (part[at] < '0' || part[at] > '9')
			return -1;
		index = 10 * index + (part[at] - '0');
	}
	return index;
}

/* One step of a pointer, from a value into it. */
static ks_json_ref step(const struct ks_json *json, ks_json_ref from, const char *part, size_t length)
{
	const long index = ks_json_is_array(json, from) ? index_of(part, length) : -1;
	const char *key = NULL;
	ks_json_ref value = -1;
	int cursor = -1;

	for (long at = 0; ks_json_next(json, from, &cursor, &key, &value); at++)
		if (key ? spells(part, length, key) : at == index)
			return value;
	return -1;
}

ks_json_ref ks_field_find(const struct ks_json *json, const char *field)
{
	ks_json_ref at = 0;

	if (!ks_field_is_pointer(field))
		return ks_json_member(json, 0, field);
	while (*field && at >= 0) {
		const size_t length = strcspn(++field, "/");

		at = step(json, at, field, length);
		field += length;
	}
	return at;
}
