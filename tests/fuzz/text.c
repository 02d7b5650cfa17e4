/* SPDX-License-Identifier: MIT */
/*
 * core/text.c and the scrubbing of core/problem.c: what people are shown has nothing in it that a terminal would act
 * upon, and no key.
 */
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

#include "core/problem.h"
#include "fuzz.h"

#define SECRET_HEAD "sk-ant-"
#define SECRET_ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

enum {
	SECRET_TAIL_MIN = 16,
	SIZES = 16 /* of memory for a word */
};

static bool has_secret(const char *text)
{
	for (const char *at = text; (at = strstr(at, SECRET_HEAD));) {
		at += sizeof(SECRET_HEAD) - 1;
		if (strspn(at, SECRET_ALPHABET) >= SECRET_TAIL_MIN)
			return true;
	}
	return false;
}

static void check_scrub(const char *text)
{
	const size_t length = strlen(text);
	const bool is_clean = ks_text_is_printable(text, length) && !has_secret(text);
	char *scrubbed = fuzz_string(text, length), *again = NULL;

	ks_scrub(scrubbed);
	PROPERTY(strlen(scrubbed) <= length);
	PROPERTY(ks_text_is_printable(scrubbed, strlen(scrubbed)));
	PROPERTY(!has_secret(scrubbed));
	PROPERTY(!is_clean || strcmp(scrubbed, text) == 0);
	again = fuzz_string(scrubbed, strlen(scrubbed));
	ks_scrub(again);
	PROPERTY(strcmp(again, scrubbed) == 0);
	free(again);
	free(scrubbed);
}

/* What a shell makes of it: the text, in single quotes or plain. */
static void check_word(const char *text, size_t size)
{
	char *word = fuzz_block(NULL, size);

	if (!ks_text_shell_word(text, word, size)) {
		PROPERTY(word[0] == '\0');
	} else if (word[0] == '\'') {
		PROPERTY(strncmp(word + 1, text, strlen(text)) == 0);
		PROPERTY(strcmp(word + 1 + strlen(text), "'") == 0);
		PROPERTY(!strchr(text, '\''));
	} else {
		PROPERTY(strcmp(word, text) == 0);
		PROPERTY(!strpbrk(text, " \t\n'\"\\$`*?[]{}()<>|&;!#~") && text[0] != '-');
	}
	free(word);
}

/* Control characters beyond ASCII, and the marks that part lines or reorder text, as their bytes are. */
static bool is_hidden(const char *text, size_t length)
{
	static const char *const marks[] = {"\u2028", "\u2029", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e",
		"\u2066", "\u2067", "\u2068", "\u2069"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (length >= strlen(marks[i]) && memcmp(text, marks[i], strlen(marks[i])) == 0)
			return true;
	}
	return length >= 2 && text[0] == '\xc2' && (unsigned char)text[1] < 0xa0;
}

static void check_sequences(const char *text, size_t length)
{
	size_t sequence = 0, printable = 0;

	for (size_t at = 0; at<length; at += sequence> 0 ? sequence : 1) {
		sequence = ks_text_sequence(text + at, length - at);
		printable = ks_text_printable(text + at, length - at);
		PROPERTY(sequence <= 4 && sequence <= length - at);
		PROPERTY(printable == 0 || printable == sequence);
		PROPERTY(printable == 0 || ((unsigned char)text[at] >= ' ' && text[at] != '\x7f'));
		PROPERTY(printable == 0 || !is_hidden(text + at, length - at));
	}
}

void fuzz_target(char *bytes, size_t length)
{
	char *text = fuzz_string(bytes, length);

	check_sequences(bytes, length);
	check_scrub(text);
	for (size_t size = 1; size < SIZES; size++)
		check_word(text, size);
	check_word(text, strlen(text) + 3);
	free(text);
}
