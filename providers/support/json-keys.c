/* SPDX-License-Identifier: MIT */
#include "providers/support/json-keys.h"

#include <string.h>

/* the types alone, laid out as json.c has them */
#define JSMN_HEADER
#define JSMN_PARENT_LINKS
#include <jsmn.h>

/*
 * Keys of one object, of one length and of the same bytes stand side by side in this order, in that of the text. No
 * two tokens are equal.
 */
static int compare_keys(const struct ks_json *json, int a, int b)
{
	const jsmntok_t *const tokens = json->tokens, *const one = &tokens[a], *const other = &tokens[b];
	int order = one->parent - other->parent;

	if (order == 0)
		order = (one->end - one->start) - (other->end - other->start);
	if (order == 0)
		order = memcmp(json->text + one->start, json->text + other->start, (size_t)(one->end - one->start));
	return order != 0 ? order : a - b;
}

/* Lets the key at `at` sink in the heap of `count` keys, the greatest on top, whose list is in the tokens' sizes. */
static void sink_key(const struct ks_json *json, int at, int count)
{
	jsmntok_t *const tokens = json->tokens;
	const int key = tokens[at].size;
	int child;

	for (child = 2 * at + 1; child < count; child = 2 * at + 1) {
		if (child + 1 < count && compare_keys(json, tokens[child].size, tokens[child + 1].size) < 0)
			child++;
		if (compare_keys(json, tokens[child].size, key) < 0)
			break;
		tokens[at].size = tokens[child].size;
		at = child;
	}
	tokens[at].size = key;
}

/*
 * Lists all keys in order, in the tokens' sizes, which nothing needs once jsmn is done. Returns how many there are.
 * A heap sort needs no memory, and no file makes it slow.
 */
static int sort_keys(const struct ks_json *json)
{
	jsmntok_t *const tokens = json->tokens;
	int at, count = 0;

	for (at = 1; at < json->count; at++)
		if (tokens[tokens[at].parent].type == JSMN_OBJECT)
			tokens[count++].size = at;
	for (at = count / 2 - 1; at >= 0; at--)
		sink_key(json, at, count);
	for (at = count - 1; at > 0; at--) {
		const int last = tokens[at].size;

		tokens[at].size = tokens[0].size;
		tokens[0].size = last;
		sink_key(json, 0, at);
	}
	return count;
}

bool ks_json_find_duplicate(const struct ks_json *json, size_t *ret_offset)
{
	const jsmntok_t *const tokens = json->tokens;
	const int count = sort_keys(json);
	int at, found = json->count;

	for (at = 1; at < count; at++) {
		const jsmntok_t *const key = &tokens[tokens[at].size], *const before = &tokens[tokens[at - 1].size];
		const int length = key->end - key->start;

		if (key->parent == before->parent && before->end - before->start == length &&
			tokens[at].size < found &&
			memcmp(json->text + key->start, json->text + before->start, (size_t)length) == 0)
			found = tokens[at].size;
	}
	if (found < json->count)
		*ret_offset = (size_t)tokens[found].start - 1;
	return found < json->count;
}
