/* SPDX-License-Identifier: MIT */
/*
 * providers/file/field.c: each value of a document has one pointer, which finds it. The input is a field, a line
 * feed, and the document.
 */
#include "providers/file/field.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "json-document.h"

enum {
	VALUES_MAX = 1000 /* of a document whose every value is looked for */
};

/* The pointer to a value within what `pointer` leads to. */
static char *add_part(const char *pointer, const char *key, long index)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = fuzz_stream(&text, &length);

	(void)fprintf(stream, "%s/", pointer);
	if (!key)
		(void)fprintf(stream, "%ld", index);
	for (; key && *key; key++) {
		if (*key == '~' || *key == '/')
			(void)fprintf(stream, "~%d", *key == '/');
		else
			(void)fputc(*key, stream);
	}
	(void)fclose(stream);
	return text;
}

/*
 * Every value within the container is found by its pointer. Returns the one that `field` spells, or -1: no value has
 * two pointers.
 */
/* No deeper than the reader of JSON allows. NOLINTNEXTLINE(misc-no-recursion) */
static ks_json_ref check_values(
	const struct ks_json *json, ks_json_ref container, const char *container_pointer, const char *field)
{
	const char *key = NULL;
	ks_json_ref value = -1, found = -1, within = -1;
	int cursor = -1;

	for (long index = 0; ks_json_next(json, container, &cursor, &key, &value); index++) {
		char *pointer = add_part(container_pointer, key, index);

		PROPERTY(ks_field_is_pointer(pointer) && ks_field_check(pointer));
		PROPERTY(ks_field_find(json, pointer) == value);
		if (strcmp(pointer, field) == 0)
			found = value;
		within = check_values(json, value, pointer, field);
		if (within >= 0)
			found = within;
		free(pointer);
	}
	return found;
}

static void check(const struct ks_json *json, const char *field)
{
	const ks_json_ref pointed = json->count <= VALUES_MAX ? check_values(json, 0, "", field) : -1;
	ks_json_ref found = -1;

	if (!ks_field_check(field)) {
		PROPERTY(ks_field_is_pointer(field) && pointed < 0);
		return;
	}
	found = ks_field_find(json, field);
	PROPERTY(found >= -1 && found < json->count);
	if (!ks_field_is_pointer(field))
		PROPERTY(found == ks_json_member(json, 0, field));
	else if (json->count <= VALUES_MAX)
		PROPERTY(found == pointed);
	fuzz_tell("%d\n", found);
}

void fuzz_target(char *bytes, size_t length)
{
	const char *end = memchr(bytes, '\n', length);
	const size_t skipped = end ? (size_t)(end - bytes) + 1 : length;
	char *field = fuzz_string(bytes, end ? (size_t)(end - bytes) : length);
	struct document document = {0};

	if (document_open(&document, bytes + skipped, length - skipped, 0))
		check(&document.json, field);
	document_close(&document);
	free(field);
}
