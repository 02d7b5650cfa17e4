/* SPDX-License-Identifier: MIT */
/*
 * Frames: what is written reads the same, and everything else is refused.
 */
#include "unit.h"

#include <errno.h>

#include "core/frame.h"

enum {
	SERIAL = 0x12345678,
	/* where things are in a packet */
	VERSION_AT = 0,
	TYPE_AT = 1,
	ZEROS_AT = 2,
	LENGTH_AT = 4,
	HEAD_SIZE = 12,
	ATTRIBUTE_TEXTS = 2 * KS_ATTRIBUTES_MAX
};

/* The contract, in other words than the code's: counts of numbers and texts, and which text is bytes. */
static const struct {
	enum ks_frame_type type;
	unsigned numbers, texts_min, texts_max;
	int bytes;
} types[] = {
	{KS_FRAME_START, 2, 2, KS_FRAME_TEXTS_MAX, 1},
	{KS_FRAME_RESOLVE, 5, 0, 0, -1},
	{KS_FRAME_CLOSE, 0, 0, 0, -1},
	{KS_FRAME_REPLY, 1, 1, 1, -1},
	{KS_FRAME_LOG, 1, 1, 1, -1},
	{KS_FRAME_GETENV, 0, 1, 1, -1},
	{KS_FRAME_FULL_PATH, 0, 1, 1, -1},
	{KS_FRAME_OPEN_PRIVATE, 1, 1, 1, -1},
	{KS_FRAME_DELIVER, 4, 3, 3 + ATTRIBUTE_TEXTS, 0},
	{KS_FRAME_BREACH, 0, 1, 1, -1},
	{KS_FRAME_FAIL, 1, 3, 3, -1},
	{KS_FRAME_BAD_OPTION, 1, 1, 1, -1},
	{KS_FRAME_READY, 1, 0, 0, -1},
	{KS_FRAME_DONE, 1, 0, 0, -1},
	{KS_FRAME_FAILED, 1, 2, 2, -1},
	{KS_FRAME_STALE, 0, 0, 0, -1},
	{KS_FRAME_ENDED, 2, 0, 0, -1},
};

static struct ks_frame frame, again;
static unsigned char packet[KS_FRAME_MAX + 1];
static size_t length;

static void make(enum ks_frame_type type, unsigned texts)
{
	ks_frame_init(&frame, type, SERIAL);
	for (unsigned i = 0; i < KS_FRAME_NUMBERS_MAX; i++)
		frame.numbers[i] = (int64_t)i - 2;
	for (unsigned i = 0; i < texts; i++)
		ks_frame_add(&frame, i % 3 == 0 ? "a text" : i % 3 == 1 ? "" : NULL, SIZE_MAX);
}

static int encode(void)
{
	return ks_frame_encode(&frame, packet, &length);
}

/* From memory that ends where the packet does, for the sanitizers. */
static int decode(void)
{
	unsigned char *copy = malloc(length > 0 ? length : 1);
	int r = 0;

	assert_non_null(copy);
	memcpy(copy, packet, length);
	r = ks_frame_decode(copy, length, &again);
	free(copy);
	return r;
}

static void set_length(size_t told)
{
	const uint32_t value = (uint32_t)told;

	memcpy(packet + LENGTH_AT, &value, sizeof(value));
}

static void assert_texts_equal(void)
{
	assert_int_equal(again.text_count, frame.text_count);
	for (unsigned i = 0; i < frame.text_count; i++) {
		const struct ks_frame_text *text = &again.texts[i];

		assert_int_equal(text->length, frame.texts[i].length);
		assert_int_equal(text->bytes == NULL, frame.texts[i].bytes == NULL);
		if (!text->bytes)
			continue;
		assert_true((const unsigned char *)text->bytes >= packet + HEAD_SIZE);
		assert_true((const unsigned char *)text->bytes + text->length < packet + length);
		assert_memory_equal(text->bytes, frame.texts[i].bytes, text->length);
		assert_int_equal(text->bytes[text->length], 0);
	}
}

static void assert_round_trip(unsigned numbers)
{
	assert_int_equal(encode(), 0);
	assert_int_equal(ks_frame_decode(packet, length, &again), 0);
	assert_int_equal(again.type, frame.type);
	assert_int_equal(again.serial, SERIAL);
	for (unsigned i = 0; i < KS_FRAME_NUMBERS_MAX; i++)
		assert_int_equal(again.numbers[i], i < numbers ? frame.numbers[i] : 0);
	assert_texts_equal();
}

static void test_every_type_reads_as_it_was_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		make(types[i].type, types[i].texts_min);
		assert_round_trip(types[i].numbers);
		make(types[i].type, types[i].texts_max);
		assert_round_trip(types[i].numbers);
	}
}

static void test_a_type_has_its_own_count_of_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		if (types[i].texts_min > 0) {
			make(types[i].type, types[i].texts_min - 1);
			assert_int_equal(encode(), -EINVAL);
		}
		make(types[i].type, types[i].texts_max + 1);
		assert_int_equal(encode(), -EINVAL);
	}
}

/* No frame writes these, so they are made of one that is right. */
static void test_packets_with_another_count_are_refused(void **state)
{
	const uint32_t no_text = UINT32_MAX;

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		make(types[i].type, types[i].texts_max);
		assert_int_equal(encode(), 0);
		memcpy(packet + length, &no_text, sizeof(no_text));
		length += sizeof(no_text);
		set_length(length);
		assert_int_equal(decode(), -EBADMSG);
		if (types[i].texts_min == 0)
			continue;
		make(types[i].type, types[i].texts_min);
		frame.texts[frame.text_count - 1] = (struct ks_frame_text){0};
		assert_int_equal(encode(), 0);
		length -= sizeof(no_text);
		set_length(length);
		assert_int_equal(decode(), -EBADMSG);
	}
}

static void test_no_length_is_believed(void **state)
{
	size_t whole = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		make(types[i].type, types[i].texts_min);
		assert_int_equal(encode(), 0);
		/* cut anywhere, with a head that tells the length of before, and with one that tells this */
		for (whole = length, length = 0; length < whole; length++) {
			assert_int_equal(decode(), -EBADMSG);
			if (length < HEAD_SIZE)
				continue;
			set_length(length);
			assert_int_equal(decode(), -EBADMSG);
			set_length(whole);
		}
		assert_int_equal(decode(), 0);
		set_length(whole + 1);
		assert_int_equal(decode(), -EBADMSG);
		packet[length++] = 0;
		assert_int_equal(decode(), -EBADMSG);
	}
}

static void test_heads_are_refused(void **state)
{
	(void)state;
	for (unsigned type = 0; type <= UINT8_MAX; type++) {
		bool is_known = false;

		for (size_t i = 0; i < COUNT(types); i++)
			is_known = is_known || (unsigned)types[i].type == type;
		make(KS_FRAME_CLOSE, 0);
		assert_int_equal(encode(), 0);
		packet[TYPE_AT] = (unsigned char)type;
		if (!is_known)
			assert_int_equal(decode(), -EBADMSG);
	}
	make(KS_FRAME_CLOSE, 0);
	assert_int_equal(encode(), 0);
	for (unsigned i = ZEROS_AT; i < LENGTH_AT; i++) {
		packet[i] = 1;
		assert_int_equal(decode(), -EBADMSG);
		packet[i] = 0;
	}
	/* a peer of another version is told from one that sends rubbish, whatever it sends */
	packet[TYPE_AT] = UINT8_MAX;
	packet[VERSION_AT] = KS_FRAME_VERSION + 1;
	assert_int_equal(decode(), -EPROTONOSUPPORT);
	packet[VERSION_AT] = 0;
	assert_int_equal(decode(), -EPROTONOSUPPORT);
}

static void test_types_that_are_none_are_not_written(void **state)
{
	(void)state;
	make((enum ks_frame_type)0, 0);
	assert_int_equal(encode(), -EINVAL);
	make((enum ks_frame_type)(KS_FRAME_CLOSE + 256), 0);
	assert_int_equal(encode(), -EINVAL);
}

/* The text's length, its bytes, and the NUL behind. */
static void test_texts_are_refused(void **state)
{
	enum {
		TEXT_LENGTH = 4,
		BYTES_AT = HEAD_SIZE + TEXT_LENGTH
	};
	const uint32_t lengths[] = {0, 3, 5, 6, 7, INT32_MAX, UINT32_MAX - 1};

	(void)state;
	ks_frame_init(&frame, KS_FRAME_GETENV, SERIAL);
	ks_frame_add(&frame, "NAME", SIZE_MAX);
	assert_int_equal(encode(), 0);
	packet[length - 1] = 'x';
	assert_int_equal(decode(), -EBADMSG);
	packet[length - 1] = '\0';
	packet[BYTES_AT + 1] = '\0';
	assert_int_equal(decode(), -EBADMSG);
	packet[BYTES_AT + 1] = 'A';
	assert_int_equal(decode(), 0);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		memcpy(packet + HEAD_SIZE, &lengths[i], sizeof(lengths[i]));
		assert_int_equal(decode(), -EBADMSG);
	}
}

/* Only the text that is bytes may have a NUL in it. */
static void test_bytes_may_have_nuls(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		for (unsigned at = 0; at < types[i].texts_min; at++) {
			make(types[i].type, types[i].texts_min);
			frame.texts[at] = (struct ks_frame_text){.bytes = "a\0b", .length = 3};
			assert_int_equal(encode(), 0);
			assert_int_equal(decode(), (int)at == types[i].bytes ? 0 : -EBADMSG);
		}
	}
}

static void test_texts_are_cut(void **state)
{
	(void)state;
	ks_frame_init(&frame, KS_FRAME_FAIL, SERIAL);
	ks_frame_add(&frame, "abc", 2);
	ks_frame_add(&frame, "abc", 3);
	ks_frame_add(&frame, "", 3);
	assert_int_equal(frame.texts[0].length, 2);
	assert_int_equal(frame.texts[1].length, 3);
	assert_round_trip(1);
	assert_string_equal(ks_frame_text(&again, 0), "ab");
}

static void test_a_frame_is_at_most_64_kib(void **state)
{
	/* a head, a number, a length and a NUL */
	const size_t most = KS_FRAME_MAX - HEAD_SIZE - sizeof(int64_t) - sizeof(uint32_t) - 1;
	char *text = calloc(1, most + 2);
	uint32_t told = 0;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', most + 1);
	ks_frame_init(&frame, KS_FRAME_REPLY, SERIAL);
	ks_frame_add(&frame, text, most);
	assert_round_trip(1);
	assert_int_equal(length, KS_FRAME_MAX);
	/* one byte more, and nothing else that is wrong */
	told = (uint32_t)most + 1;
	memcpy(packet + HEAD_SIZE + sizeof(int64_t), &told, sizeof(told));
	packet[length - 1] = 'x';
	packet[length++] = '\0';
	set_length(length);
	assert_int_equal(decode(), -EBADMSG);
	ks_frame_init(&frame, KS_FRAME_REPLY, SERIAL);
	ks_frame_add(&frame, text, most + 1);
	assert_int_equal(encode(), -EMSGSIZE);
	ks_frame_init(&frame, KS_FRAME_REPLY, SERIAL);
	ks_frame_add_bytes(&frame, text, SIZE_MAX); /* is not read: it does not fit */
	assert_int_equal(encode(), -EMSGSIZE);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_reads_as_it_was_written),
		cmocka_unit_test(test_a_type_has_its_own_count_of_texts),
		cmocka_unit_test(test_packets_with_another_count_are_refused),
		cmocka_unit_test(test_no_length_is_believed),
		cmocka_unit_test(test_heads_are_refused),
		cmocka_unit_test(test_types_that_are_none_are_not_written),
		cmocka_unit_test(test_texts_are_refused),
		cmocka_unit_test(test_bytes_may_have_nuls),
		cmocka_unit_test(test_texts_are_cut),
		cmocka_unit_test(test_a_frame_is_at_most_64_kib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
