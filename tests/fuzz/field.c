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
	VALUES_MAX = 100 /* of a container that are looked for */
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

/* No deeper than the reader of JSON allows. NOLINTNEXTLINE(misc-no-recursion) */
static void check_values(const struct ks_json *json, ks_json_ref container, const char *container_pointer)
{
	const char *key = NULL;
	ks_json_ref value = -1;
	int cursor = -1;

	for (long i = 0; i < VALUES_MAX && ks_json_next(json, container, &cursor, &key, &value); i++) {
		char *pointer = add_part(container_pointer, key, i);

		PROPERTY(ks_field_is_pointer(pointer) && ks_field_check(pointer));
		PROPERTY(ks_field_find(json, pointer) == value);
		check_values(json, value, pointer);
		free(pointer);
	}
}

static void check_field(const struct ks_json *json, const char *field)
{
	const ks_json_ref ref = ks_field_find(json, field);

	PROPERTY(ref >= -1 && ref < json->count);
	PROPERTY(ks_field_is_pointer(field) || ref == ks_json_member(json, 0, field));
	fuzz_tell("%d\n", ref);
}

void fuzz_target(char *bytes, size_t length)
{
	const char *end = memchr(bytes, '\n', length);
	const size_t skipped = end ? (size_t)(end - bytes) + 1 : length;
	char *field = fuzz_string(bytes, end ? (size_t)(end - bytes) : length);
	struct document document = {0};

	if (document_open(&document, bytes + skipped, length - skipped, 0)) {
		if (ks_field_check(field))
			check_field(&document.json, field);
		check_values(&document.json, 0, "");
	}
	document_close(&document);
	free(field);
}
