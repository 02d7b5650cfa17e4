/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

enum {
	DESCRIPTORS_SEEN = 32
};

_Static_assert(sizeof(FUZZ_OTHER_SECRET) == sizeof(FUZZ_SECRET), "secrets of one length");

static FILE *telling; /* NULL where nobody listens */

void fuzz_violated(const char *file, int line, const char *condition)
{
	(void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

void fuzz_tell(const char *format, ...)
{
	va_list arguments;

	if (!telling)
		return;
	va_start(arguments, format);
	(void)vfprintf(telling, format, arguments);
	va_end(arguments);
}

void fuzz_reason(const char *text)
{
	PROPERTY(text && ks_text_is_printable(text, strlen(text)));
	fuzz_tell("%s\n", text);
}

void *fuzz_block(const void *bytes, size_t length)
{
	void *block = malloc(length > 0 ? length : 1);

	PROPERTY(block);
	if (bytes && length > 0)
		memcpy(block, bytes, length);
	return block;
}

char *fuzz_string(const char *bytes, size_t length)
{
	const size_t kept = strnlen(bytes, length);
	char *text = fuzz_block(NULL, kept + 1);

	memcpy(text, bytes, kept);
	text[kept] = '\0';
	return text;
}

bool fuzz_consists_of(const char *text, const char *alphabet, size_t max)
{
	return text[0] && strlen(text) <= max && text[strspn(text, alphabet)] == '\0';
}

unsigned fuzz_lines(const char *text, size_t length)
{
	unsigned lines = 1;

	for (size_t at = 0; at < length; at++)
		lines += text[at] == '\n';
	return lines;
}

unsigned fuzz_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < DESCRIPTORS_SEEN; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

FILE *fuzz_stream(char **ret_text, size_t *ret_length)
{
	FILE *stream = open_memstream(ret_text, ret_length);

	PROPERTY(stream);
	return stream;
}

static void run(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_block(data, size);

	fuzz_target(bytes, size);
	free(bytes);
}

static char *run_and_listen(const uint8_t *data, size_t size)
{
	char *told = NULL;
	size_t length = 0;

	telling = fuzz_stream(&told, &length);
	run(data, size);
	(void)fclose(telling);
	telling = NULL;
	return told;
}

static uint8_t *with_other_secret(const uint8_t *data, size_t size)
{
	const size_t length = sizeof(FUZZ_SECRET) - 1;
	uint8_t *other = fuzz_block(data, size), *at = other;

	while ((at = memmem(at, size - (size_t)(at - other), FUZZ_SECRET, length)))
		memcpy(at, FUZZ_OTHER_SECRET, length);
	return other;
}

/* Whether a JSON escape begins here that stands for a letter of either secret. */
static bool is_escaped_letter(const uint8_t *at, size_t left)
{
	char digits[3] = "";

	if (left < 6 || memcmp(at, "\\u00", 4) != 0)
		return false;
	memcpy(digits, at + 4, 2);
	return memchr(FUZZ_SECRET FUZZ_OTHER_SECRET, (int)strtol(digits, NULL, 16), sizeof(FUZZ_SECRET) * 2 - 2) !=
	       NULL;
}

/*
 * Whether something else in it may be the same as one of the secrets, and not as the other: a key of that name,
 * spelled in another way. That two keys are the same is for people to see.
 */
static bool may_have_twin(const uint8_t *data, size_t size)
{
	if (memmem(data, size, FUZZ_OTHER_SECRET, sizeof(FUZZ_OTHER_SECRET) - 1))
		return true;
	for (size_t i = 0; i < size; i++)
		if (is_escaped_letter(data + i, size - i))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *other = NULL;
	char *told = NULL, *told_other = NULL;

	if (size == 0 || !memmem(data, size, FUZZ_SECRET, sizeof(FUZZ_SECRET) - 1) || may_have_twin(data, size)) {
		run(data, size);
		return 0;
	}
	other = with_other_secret(data, size);
	told = run_and_listen(data, size);
	told_other = run_and_listen(other, size);
	PROPERTY(strcmp(told, told_other) == 0);
	free(told_other);
	free(told);
	free(other);
	return 0;
}
