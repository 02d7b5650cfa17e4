/* SPDX-License-Identifier: MIT */
#include "providers/vault/aws-text.h"

#include <stdio.h>
#include <string.h>

enum {
	TAG_MAX = 64 /* bytes of an element's tag */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(const char **text, size_t *length)
{
	while (*length > 0 && is_blank(**text)) {
		++*text;
		--*length;
	}
	while (*length > 0 && is_blank((*text)[*length - 1]))
		--*length;
}

/* Whether a line is the head of the profile's section; *ret_is_head where it is the head of any. */
static bool begins_profile(const char *line, size_t length, const char *profile, bool *ret_is_head)
{
	*ret_is_head = length > 1 && line[0] == '[' && line[length - 1] == ']';
	if (!*ret_is_head)
		return false;
	line++;
	length -= 2;
	trim(&line, &length);
	return length == strlen(profile) && strncmp(line, profile, length) == 0;
}

/* Whether a line sets the key. */
static bool sets(const char *line, size_t length, const char *key, const char **ret_value, size_t *ret_length)
{
	const char *equals = memchr(line, '=', length), *value = NULL;
	size_t size = equals ? (size_t)(equals - line) : 0;

	if (!equals)
		return false;
	value = equals + 1;
	*ret_length = length - size - 1;
	trim(&line, &size);
	trim(&value, ret_length);
	*ret_value = value;
	return size == strlen(key) && strncmp(line, key, size) == 0;
}

bool ks_vault_aws_profile(
	const char *text, const char *profile, const char *key, const char **ret_value, size_t *ret_length)
{
	bool is_in = false, is_head = false;

	for (size_t size = 0; *text; text += size + (text[size] == '\n')) {
		const char *line = text;
		size_t length = 0;

		size = strcspn(text, "\n");
		length = size;
		trim(&line, &length);
		if (length == 0 || *line == '#' || *line == ';')
			continue;
		if (begins_profile(line, length, profile, &is_head) || is_head)
			is_in = begins_profile(line, length, profile, &is_head);
		else if (is_in && sets(line, length, key, ret_value, ret_length))
			return *ret_length > 0;
	}
	return false;
}

bool ks_vault_aws_element(const char *text, const char *name, const char **ret_value, size_t *ret_length)
{
	char head[TAG_MAX], foot[TAG_MAX];
	const char *start = NULL, *end = NULL;

	(void)snprintf(head, sizeof(head), "<%s>", name);
	(void)snprintf(foot, sizeof(foot), "</%s>", name);
	start = strstr(text, head);
	if (!start)
		return false;
	start += strlen(head);
	end = strstr(start, foot);
	if (!end || strstr(start, head) || memchr(start, '<', (size_t)(end - start)) ||
		memchr(start, '&', (size_t)(end - start)))
		return false;
	*ret_value = start;
	*ret_length = (size_t)(end - start);
	return *ret_length > 0;
}
