/* SPDX-License-Identifier: MIT */
#include "providers/support/json-string.h"

#include <stdbool.h>
#include <string.h>

#include "providers/support/json.h"

#define ESCAPE_SIZE ((size_t)6) /* of \uXXXX */
#define REPLACEMENT 0xfffdu     /* what a character that is none becomes */

static int hex_value(unsigned char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

/* The UTF-16 unit of the \uXXXX at the start of `text`, or -1 where there is none. */
static int unicode_escape(const unsigned char *text, size_t length)
{
	int unit = 0;
	size_t at;

	if (length < ESCAPE_SIZE || text[0] != '\\' || text[1] != 'u')
		return -1;
	for (at = 2; at < ESCAPE_SIZE; at++) {
		const int value = hex_value(text[at]);

		if (value < 0)
			return -1;
		unit = unit << 4 | value;
	}
	return unit;
}

static bool is_high_surrogate(int unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool is_low_surrogate(int unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

static const char *check_unicode(const unsigned char *text, size_t length, unsigned flags, size_t *ret_step)
{
	const int unit = unicode_escape(text, length);

	if (unit < 0)
		return "\\u is not followed by four hex digits";
	*ret_step = ESCAPE_SIZE;
	if (is_high_surrogate(unit) && is_low_surrogate(unicode_escape(text + ESCAPE_SIZE, length - ESCAPE_SIZE))) {
		*ret_step = 2 * ESCAPE_SIZE;
		return NULL;
	}
	if (flags & KS_JSON_LENIENT)
		return NULL;
	if (unit == 0)
		return "a string has a NUL character";
	return is_high_surrogate(unit) || is_low_surrogate(unit) ? "half of a surrogate pair stands alone" : NULL;
}

/* `text` begins with a backslash. */
static const char *check_escape(const unsigned char *text, size_t length, unsigned flags, size_t *ret_step)
{
	if (length < 2 || text[1] == '\0' || !strchr("\"\\/bfnrtu", text[1]))
		return "a backslash is followed by a character that makes no escape";
	if (text[1] == 'u')
		return check_unicode(text, length, flags, ret_step);
	*ret_step = 2;
	return NULL;
}

/* The length of the UTF-8 sequence at the start: neither overlong, nor a surrogate, nor past U+10FFFF. 0 for none. */
static size_t utf8_length(const unsigned char *text, size_t length)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t wanted, at;

	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		wanted = 2;
	else if (text[0] >= 0xe0 && text[0] <= 0xef)
		wanted = 3;
	else if (text[0] >= 0xf0 && text[0] <= 0xf4)
		wanted = 4;
	else
		return 0;
	if (text[0] == 0xe0)
		low = 0xa0;
	else if (text[0] == 0xed)
		high = 0x9f;
	else if (text[0] == 0xf0)
		low = 0x90;
	else if (text[0] == 0xf4)
		high = 0x8f;
	if (length < wanted || text[1] < low || text[1] > high)
		return 0;
	for (at = 2; at < wanted; at++)
		if (text[at] < 0x80 || text[at] > 0xbf)
			return 0;
	return wanted;
}

const char *ks_json_string_check(const unsigned char *text, size_t length, unsigned flags, size_t *at)
{
	const size_t start = *at;
	const char *reason = NULL;
	size_t step;

	for ((*at)++; *at < length && text[*at] != '"'; *at += step) {
		step = 1;
		if (text[*at] == '\\')
			reason = check_escape(text + *at, length - *at, flags, &step);
		else if (text[*at] < ' ')
			reason = "a string has a control character";
		else if (text[*at] >= 0x80)
			step = utf8_length(text + *at, length - *at);
		if (reason)
			return reason;
		if (step == 0)
			return "it is not UTF-8";
	}
	if (*at >= length) {
		*at = start;
		return "a string does not end";
	}
	(*at)++;
	return NULL;
}

static char *encode_utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		*out++ = (char)code;
		return out;
	}
	if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*out++ = (char)(0xe0 | code >> 12);
		} else {
			*out++ = (char)(0xf0 | code >> 18);
			*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (code & 0x3f));
	return out;
}

/* Decodes the escape at *in, which moves behind it. Returns where the text goes on. */
static char *decode_escape(char *out, const char **in)
{
	static const char letters[] = "bfnrt", controls[] = "\b\f\n\r\t";
	const int unit = unicode_escape((const unsigned char *)*in, ESCAPE_SIZE);
	unsigned code = (unsigned)unit;
	const char *letter;
	int low;

	if (unit < 0) {
		letter = strchr(letters, (*in)[1]);
		*out++ = (char)(letter ? controls[letter - letters] : (*in)[1]);
		*in += 2;
		return out;
	}
	*in += ESCAPE_SIZE;
	/* behind the escape stands another or the closing quote, so this look ends inside the text */
	low = is_high_surrogate(unit) ? unicode_escape((const unsigned char *)*in, ESCAPE_SIZE) : -1;
	if (is_low_surrogate(low)) {
		code = 0x10000 + ((unsigned)(unit - 0xd800) << 10) + (unsigned)(low - 0xdc00);
		*in += ESCAPE_SIZE;
	} else if (unit == 0 || is_high_surrogate(unit) || is_low_surrogate(unit)) {
		code = REPLACEMENT;
	}
	return encode_utf8(out, code);
}

/* In place, because no escape is shorter than what it stands for. */
size_t ks_json_string_decode(char *text, size_t length)
{
	const char *in = text, *const end = text + length;
	char *out = text;

	while (in < end) {
		if (*in == '\\')
			out = decode_escape(out, &in);
		else
			*out++ = *in++;
	}
	*out = '\0';
	return (size_t)(out - text);
}
