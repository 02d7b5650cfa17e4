/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool decode_tail(const unsigned char *bytes, size_t count, uint32_t *code)
{
	for (size_t i = 0; i < count; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return false;
		*code = *code << 6 | (bytes[i] & 0x3f);
	}
	return true;
}

/* The number of bytes that follow the first, and the first one's share of the code; -1 where none begins so. */
static int decode_head(unsigned char head, uint32_t *ret_code)
{
	static const struct {
		unsigned char mask, mark;
	} heads[] = {{0x80, 0x00}, {0xe0, 0xc0}, {0xf0, 0xe0}, {0xf8, 0xf0}};

	for (int tail = 0; tail < 4; tail++) {
		if ((head & heads[tail].mask) == heads[tail].mark) {
			*ret_code = head & (unsigned char)~heads[tail].mask;
			return tail;
		}
	}
	return -1;
}

static size_t decode(const char *text, size_t length, uint32_t *ret_code)
{
	static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
	const unsigned char *bytes = (const unsigned char *)text;
	uint32_t code = 0;
	int tail = length > 0 ? decode_head(bytes[0], &code) : -1;

	if (tail < 0 || length < (size_t)tail + 1 || !decode_tail(bytes + 1, (size_t)tail, &code))
		return 0;
	if (code < smallest[tail] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return (size_t)tail + 1;
}

size_t ks_text_sequence(const char *text, size_t length)
{
	uint32_t code = 0;

	return decode(text, length, &code);
}

size_t ks_text_printable(const char *text, size_t length)
{
	uint32_t code = 0;
	size_t size = 0;

	if (length > 0 && text[0] >= 0x20 && text[0] < 0x7f)
		return 1; /* nearly always */
	size = decode(text, length, &code);
	if (size == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
		return 0;
	/* line and paragraph separators, and the marks that reorder text: a message must read as it was written */
	if (code == 0x2028 || code == 0x2029 || (code >= 0x202a && code <= 0x202e) ||
		(code >= 0x2066 && code <= 0x2069))
		return 0;
	return size;
}

bool ks_text_is_printable(const char *text, size_t length)
{
	for (size_t at = 0, step; at < length; at += step) {
		step = ks_text_printable(text + at, length - at);
		if (step == 0)
			return false;
	}
	return true;
}

bool ks_text_shell_word(const char *text, char *word, size_t size)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./@:+,-";
	size_t length = strlen(text);
	const char *quote = strspn(text, plain) == length && text[0] != '-' ? "" : "'";
	int written = snprintf(word, size, "%s%s%s", quote, text, quote);

	if (length > 0 && written > 0 && (size_t)written < size && ks_text_is_printable(text, length) &&
		!strchr(text, '\''))
		return true;
	if (size > 0)
		word[0] = '\0';
	return false;
}
